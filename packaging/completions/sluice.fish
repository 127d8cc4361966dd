# Completion of sluice for fish.
complete -c sluice -f
complete -c sluice -n __fish_use_subcommand -a check -d 'does this machine suit the server'
complete -c sluice -n __fish_use_subcommand -a export -d 'write the points of a data directory as line protocol or Parquet'
complete -c sluice -n __fish_use_subcommand -a inspect -d 'print what a segment, log, manifest, catalog or Parquet file holds'
complete -c sluice -n __fish_use_subcommand -a lake -d 'what a data directory has published to a lake'
complete -c sluice -n __fish_use_subcommand -a repair -d 'make a lost catalog again from what the stores know'
complete -c sluice -n __fish_use_subcommand -a verify -d 'check every checksum of a data directory'
complete -c sluice -n __fish_use_subcommand -l version -d 'print the version'
complete -c sluice -s h -l help -d 'print a summary'

complete -c sluice -n '__fish_seen_subcommand_from export repair verify' -a '(__fish_complete_directories)'
complete -c sluice -n '__fish_seen_subcommand_from inspect' -F
complete -c sluice -n '__fish_seen_subcommand_from lake; and not __fish_seen_subcommand_from status verify' -a 'status verify'
complete -c sluice -n '__fish_seen_subcommand_from status verify' -a '(__fish_complete_directories)'
complete -c sluice -n '__fish_seen_subcommand_from lake' -l scratch -x -a '(__fish_complete_directories)' -d 'directory for copies'
complete -c sluice -n '__fish_seen_subcommand_from inspect' -l rows -d 'also rows of logs, series and blocks of segments'
complete -c sluice -n '__fish_seen_subcommand_from repair' -l apply -d 'do it'

complete -c sluice -n '__fish_seen_subcommand_from export' -l compress -d 'gzip'
complete -c sluice -n '__fish_seen_subcommand_from export' -l database -x -d 'only this database'
complete -c sluice -n '__fish_seen_subcommand_from export' -l end -x -d 'only points up to this time'
complete -c sluice -n '__fish_seen_subcommand_from export' -l lponly -d 'lines only, without statements and comments'
complete -c sluice -n '__fish_seen_subcommand_from export' -l out -r -F -d 'file to write'
complete -c sluice -n '__fish_seen_subcommand_from export' -l measurement -x -d 'only this measurement'
complete -c sluice -n '__fish_seen_subcommand_from export' -l parquet -x -a '(__fish_complete_directories)' -d 'folder for Parquet files'
complete -c sluice -n '__fish_seen_subcommand_from export' -l retention-policy -x -d 'only this policy'
complete -c sluice -n '__fish_seen_subcommand_from export' -l scratch -x -a '(__fish_complete_directories)' -d 'directory for copies'
complete -c sluice -n '__fish_seen_subcommand_from export' -l start -x -d 'only points from this time on'
