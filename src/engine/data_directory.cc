#include "engine/data_directory.h"

#include <algorithm>
#include <cerrno>
#include <string_view>

namespace sluice::engine {
namespace {

constexpr std::size_t kNamesShown = 3;

bool holds(const std::vector<io::DirectoryEntry>& entries, std::string_view name) {
    return std::any_of(entries.begin(), entries.end(),
                       [name](const io::DirectoryEntry& each) { return each.name == name; });
}

// What file systems and their tools leave in a directory that is empty otherwise.
bool is_of_no_interest(const std::string& name) {
    return name == "lost+found" || name.starts_with('.');
}

std::string first_names(const std::vector<io::DirectoryEntry>& entries) {
    std::vector<std::string> names;
    for (const io::DirectoryEntry& each : entries) {
        if (!is_of_no_interest(each.name)) names.push_back(each.name);
    }
    std::sort(names.begin(), names.end());
    std::string text;
    for (std::size_t i = 0; i < std::min(names.size(), kNamesShown); ++i) {
        text += (i == 0 ? "" : ", ") + names[i];
    }
    return names.size() > kNamesShown ? text + ", ..." : text;
}

std::string parent_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return path.substr(0, slash == 0 ? 1 : slash);
}

io::Task<Result<void>> make_directory_durably(io::Reactor& reactor, std::string path) {
    SLUICE_CO_TRY_VOID(co_await io::make_directory(reactor, path));
    Result<void> synced = co_await io::sync_directory(reactor, parent_of(path));
    // Whoever made the directory for us may not let us open its parent, nor change it.
    const int os_error = synced.ok() ? 0 : synced.error().os_error;
    const bool excused = os_error == EACCES || os_error == EPERM || os_error == EROFS;
    co_return excused ? Result<void>() : std::move(synced);
}

}  // namespace

Result<void> check_data_directory(const std::string& path,
                                  const std::vector<io::DirectoryEntry>& entries,
                                  const std::vector<io::DirectoryEntry>& meta_entries) {
    // Made before anything else of ours.
    if (holds(entries, "LOCK") || holds(entries, "stores")) return {};
    if (holds(meta_entries, "meta.db") || holds(entries, "influxd.bolt")) {
        const bool two = holds(entries, "influxd.bolt");
        return Error{ErrorKind::kConflict,
                     path + " holds the data of InfluxDB " +
                         (two ? "2.x (influxd.bolt)" : "1.x (meta/meta.db)") +
                         ", which cannot be served as they are: name another directory, and send "
                         "them through /write as line protocol (influx_inspect export -lponly)"};
    }
    const std::string names = first_names(entries);
    // A catalog alone: what a start that was cut short may have left.
    const bool is_catalog_alone =
        std::all_of(entries.begin(), entries.end(), [](const io::DirectoryEntry& each) {
            return is_of_no_interest(each.name) || each.name == "meta" || each.name == "meta-copy";
        });
    if (is_catalog_alone) return {};
    return Error{ErrorKind::kConflict,
                 path + " is not empty and holds nothing of Sluice (" + names +
                     "): name an empty directory, or one that does not exist yet"};
}

// Directories above are made one by one and each made durable in the one above it. What is there
// already is left as it is, with the rights that it has.
io::Task<Result<void>> prepare_data_directory(io::Reactor& reactor, std::string path) {
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    for (std::size_t end = path.find('/', 1); end != path.npos; end = path.find('/', end + 1)) {
        const std::string above = path.substr(0, end);
        const auto there = co_await io::list_directory(reactor, above);
        // Whether those above can be read is not our business.
        if (there.ok() || there.error().kind != ErrorKind::kNotFound) continue;
        SLUICE_CO_TRY_VOID(co_await make_directory_durably(reactor, above));
    }
    SLUICE_CO_TRY_VOID(co_await make_directory_durably(reactor, path));
    SLUICE_CO_TRY(const auto entries, co_await io::list_directory(reactor, path));
    std::vector<io::DirectoryEntry> meta_entries;
    if (holds(entries, "meta")) {
        SLUICE_CO_TRY(meta_entries, co_await io::list_directory(reactor, path + "/meta"));
    }
    co_return check_data_directory(path, entries, meta_entries);
}

}  // namespace sluice::engine
