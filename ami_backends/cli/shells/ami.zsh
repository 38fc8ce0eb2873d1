#compdef ami
# Completion of `ami` in zsh: to be sourced, or to be a file `_ami` in $fpath.

_ami() {
  local text about
  local -a whole begun
  while IFS=$'\t' read -r text about; do
    case $text in
      *=) begun+=("${text//:/\\:}:$about") ;;  # a value must follow
      *) whole+=("${text//:/\\:}:$about") ;;
    esac
  done < <(_AMI_COMPLETE=zsh ami "${(@Q)words[2,CURRENT-1]}" "${(Q)PREFIX}" 2>/dev/null)
  if (( $#whole + $#begun == 0 )); then
    _files
    return
  fi
  (( $#begun )) && _describe -t headers header begun -S '' -M 'm:{a-zA-Z}={A-Za-z}'
  (( $#whole )) && _describe -t words word whole -M 'm:{a-zA-Z}={A-Za-z}'
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _ami "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit -i }
  compdef _ami ami
fi
