# This host's own counters as line protocol, once a second, until the server is gone.
#
#     awk -v url='http://127.0.0.1:8086/write?db=host' -v host=NAME -f host_counters.awk
#
# Names are Telegraf's, so that its dashboards fit. Points carry no time: the server's clock decides.
# Only POSIX awk and curl, which every installation has.

function escape(tag) {
    gsub(/[ ,=]/, "\\\\&", tag)
    return tag
}

function add(measurement, tags, fields) {
    batch = batch measurement ",host=" host tags " " fields "\n"
}

# Percentages since the last reading, for all CPUs together and each.
function read_cpu(    line, word, name, total, spent, i) {
    while ((getline line < "/proc/stat") > 0) {
        if (line !~ /^cpu/) break
        split(line, word, " ")
        name = word[1] == "cpu" ? "cpu-total" : word[1]
        total = 0
        for (i = 2; i <= 9; i++) {
            spent[i] = word[i] - cpu_before[name, i]
            cpu_before[name, i] = word[i]
            total += spent[i]
        }
        if (total <= 0 || !seen_cpu[name]++) continue
        add("cpu", ",cpu=" name, sprintf("usage_user=%.2f,usage_nice=%.2f,usage_system=%.2f," \
            "usage_idle=%.2f,usage_iowait=%.2f,usage_irq=%.2f,usage_softirq=%.2f,usage_steal=%.2f",
            100 * spent[2] / total, 100 * spent[3] / total, 100 * spent[4] / total,
            100 * spent[5] / total, 100 * spent[6] / total, 100 * spent[7] / total,
            100 * spent[8] / total, 100 * spent[9] / total))
    }
    close("/proc/stat")
}

function read_memory(    line, word, kilobytes) {
    while ((getline line < "/proc/meminfo") > 0) {
        split(line, word, /[: ]+/)
        kilobytes[word[1]] = word[2]
    }
    close("/proc/meminfo")
    if (!kilobytes["MemTotal"]) return
    add("mem", "", sprintf("total=%.0fi,available=%.0fi,free=%.0fi,cached=%.0fi,buffered=%.0fi,available_percent=%.2f",
        kilobytes["MemTotal"] * 1024, kilobytes["MemAvailable"] * 1024, kilobytes["MemFree"] * 1024,
        kilobytes["Cached"] * 1024, kilobytes["Buffers"] * 1024,
        100 * kilobytes["MemAvailable"] / kilobytes["MemTotal"]))
}

# Sectors in /proc/diskstats are of 512 bytes whatever the device.
function read_disks(    line, word) {
    while ((getline line < "/proc/diskstats") > 0) {
        split(line, word, " ")
        if (word[3] ~ /^(loop|ram|zram|sr)/ || word[4] + word[8] == 0) continue
        add("diskio", ",name=" escape(word[3]), sprintf("reads=%.0fi,read_bytes=%.0fi,read_time=%.0fi," \
            "writes=%.0fi,write_bytes=%.0fi,write_time=%.0fi,io_time=%.0fi",
            word[4], word[6] * 512, word[7], word[8], word[10] * 512, word[11], word[13]))
    }
    close("/proc/diskstats")
}

function read_network(    line, word) {
    while ((getline line < "/proc/net/dev") > 0) {
        if (line !~ /:/) continue
        sub(/:/, " ", line)
        split(line, word, " ")
        add("net", ",interface=" escape(word[1]), sprintf("bytes_recv=%.0fi,packets_recv=%.0fi,err_in=%.0fi," \
            "drop_in=%.0fi,bytes_sent=%.0fi,packets_sent=%.0fi,err_out=%.0fi,drop_out=%.0fi",
            word[2], word[3], word[4], word[5], word[10], word[11], word[12], word[13]))
    }
    close("/proc/net/dev")
}

function read_load(    line, word) {
    if ((getline line < "/proc/loadavg") > 0) {
        split(line, word, " ")
        add("system", "", "load1=" word[1] ",load5=" word[2] ",load15=" word[3])
    }
    close("/proc/loadavg")
}

BEGIN {
    host = escape(host)
    send = "curl -sS -m 5 -o /dev/null --data-binary @- '" url "'"
    failures = 0
    while (failures < 5) {
        batch = ""
        read_cpu()
        read_memory()
        read_disks()
        read_network()
        read_load()
        printf "%s", batch | send
        failures = close(send) == 0 ? 0 : failures + 1
        if (system("sleep 1") != 0) exit
    }
}
