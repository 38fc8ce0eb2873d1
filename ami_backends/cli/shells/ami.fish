# Completion of `ami` in fish.
function __ami_suggestions
    set --local before (commandline --current-process --tokenize --cut-at-cursor)
    set --local word (commandline --current-token --cut-at-cursor)
    set --local suggestions (env _AMI_COMPLETE=fish ami $before[2..] "$word" 2>/dev/null)
    if test (count $suggestions) -gt 0
        printf '%s\n' $suggestions
    else
        __fish_complete_path "$word"
    end
end

complete --command ami --no-files --arguments '(__ami_suggestions)'
