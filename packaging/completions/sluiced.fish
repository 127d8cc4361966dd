# Completion of sluiced for fish.
complete -c sluiced -f
complete -c sluiced -n __fish_use_subcommand -a check -d 'check the configuration and end'
complete -c sluiced -n __fish_use_subcommand -a config -d 'print the merged configuration'
complete -c sluiced -n __fish_use_subcommand -a run -d 'serve; the default'
complete -c sluiced -l bind -x -d 'address of the HTTP API'
complete -c sluiced -l config -r -F -d 'configuration file'
complete -c sluiced -l cores -x -d 'threads; 0 is one for each CPU'
complete -c sluiced -l data-dir -x -a '(__fish_complete_directories)' -d 'where points are kept'
complete -c sluiced -s h -l help -d 'print a summary'
complete -c sluiced -l pidfile -r -F -d 'write the process id here'
complete -c sluiced -l version -d 'print the version'
