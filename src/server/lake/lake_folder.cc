#include "server/lake/lake_folder.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "sluice/io/aside.h"
#include "sluice/io/reactor.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

// Nothing: there is no such file.
using FoundText = Result<std::optional<std::string>>;

FoundText find_text(const std::string& root, const std::string& path) {
    if (!is_there(root)) {
        return Error{ErrorKind::kNotFound, "the folder of the lake is not there"};
    }
    Result<std::string> text = read_file(path);
    if (text.ok()) return std::optional<std::string>(std::move(*text));
    if (text.error().kind == ErrorKind::kNotFound) return std::optional<std::string>();
    return std::move(text).error();
}

}  // namespace

io::Task<FoundText> LakeFolder::read_owner() {
    const auto work = [this] { return find_text(root_, root_ + "/" + owner_path()); };
    return io::run_aside(work, io::Haste::kBackground);
}

io::Task<Result<void>> LakeFolder::write_owner(std::string text) {
    const auto work = [this, text = std::move(text)] {
        return steps_.replace(root_ + "/" + owner_path(), as_byte_span(std::string_view(text)));
    };
    return io::run_aside(work, io::Haste::kBackground);
}

io::Task<Result<void>> LakeFolder::bring(Arrival arrival) {
    const auto work = [this, arrival = std::move(arrival)] { return rename(arrival); };
    return io::run_aside(work, io::Haste::kBackground);
}

io::Task<Result<void>> LakeFolder::take_away(Departure departure) {
    const auto work = [this, leaving = std::move(departure.leaving)]() -> Result<void> {
        for (const std::string& path : leaving) {
            SLUICE_TRY_VOID(remove(path));
        }
        return {};
    };
    return io::run_aside(work, io::Haste::kBackground);
}

io::Task<Result<std::string>> LakeFolder::read(std::string path, std::uint64_t) {
    const auto work = [path = root_ + "/" + path] { return read_file(path); };
    return io::run_aside(work, io::Haste::kBackground);
}

io::Task<void> LakeFolder::close() {
    co_return;
}

Result<void> LakeFolder::rename(const Arrival& arrival) {
    const std::string to = root_ + "/" + arrival.path;
    const bool is_staged = is_there(arrival.staged);
    const bool is_named = is_there(to);
    if (is_staged && is_named) {
        return Error{ErrorKind::kConflict, to + " is there already: somebody else has written it"};
    }
    if (is_named) return {};  // before the process ended
    if (is_staged) return steps_.rename(arrival.staged, to);
    return Error{ErrorKind::kCorrupt, "a file that was to become " + to + " is gone"};
}

Result<void> LakeFolder::remove(const std::string& path) {
    const std::string whole = root_ + "/" + path;
    Result<void> removed = steps_.remove(whole);
    if (!removed.ok() && removed.error().kind != ErrorKind::kNotFound) return removed;
    // Folders that nothing is left in; others have files of other groups or nodes.
    std::error_code ignored;
    fs::path folder = fs::path(whole).parent_path();
    for (int level = 0; level < 2; ++level, folder = folder.parent_path()) {
        if (!fs::is_empty(folder, ignored) || ignored) break;
        fs::remove(folder, ignored);
    }
    return {};
}

}  // namespace sluice::server
