# Completion of `ami` in bash. Suggestions end with a blank unless a value must follow: `Channel=`.
complete -o nospace -o default -C '_AMI_COMPLETE=bash ami 2>/dev/null' ami
