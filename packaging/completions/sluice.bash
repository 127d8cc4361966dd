# Completion of sluice and sluiced for bash. One file serves both; it is installed under both names.

_sluice() {
    local cur prev words cword
    _init_completion || return
    local program=${words[0]##*/} commands options command= word
    case $program in
        sluiced) commands='check config run' ;;
        *) commands='check export inspect lake repair verify' ;;
    esac
    for word in "${words[@]:1:cword-1}"; do
        if [[ " $commands " == *" $word "* ]]; then command=$word; break; fi
    done
    case $prev in
        --config | --pidfile | --out) _filedir; return ;;
        --data-dir | --parquet | --scratch) _filedir -d; return ;;
        --bind | --cores | --database | --measurement | --retention-policy | --start | --end) return ;;
    esac
    case $program/$command in
        sluiced/*) options='--bind --config --cores --data-dir --help --pidfile --version' ;;
        sluice/) options='--help --version' ;;
        sluice/export)
            options='--compress --database --end --help --lponly --measurement --out --parquet --retention-policy
                --scratch --start'
            ;;
        sluice/inspect) options='--help --rows' ;;
        sluice/lake) options='--config --help --scratch' ;;
        sluice/repair) options='--apply --help' ;;
        *) options='--help' ;;
    esac
    if [[ $cur == -* ]]; then
        COMPREPLY=($(compgen -W "$options" -- "$cur"))
    elif [ -z "$command" ]; then
        COMPREPLY=($(compgen -W "$commands" -- "$cur"))
    else
        case $program/$command in
            sluice/inspect) _filedir ;;
            sluice/lake)
                if [[ $prev == lake ]]; then
                    COMPREPLY=($(compgen -W 'status verify' -- "$cur"))
                else
                    _filedir -d
                fi
                ;;
            sluice/export | sluice/repair | sluice/verify) _filedir -d ;;
        esac
    fi
} && complete -F _sluice sluice sluiced
