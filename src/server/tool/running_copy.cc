#include "server/tool/running_copy.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <set>
#include <string_view>
#include <system_error>
#include <utility>

#include "server/export/group_export.h"
#include "sluice/base/units.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

// Hardly more than one is needed: the lists hold still for some milliseconds most of the time, and
// logs for longer.
constexpr int kRoundsMax = 1000;
constexpr unsigned kPauseUs = 20'000;
// As frames begin, and as the server writes.
constexpr std::size_t kPageBytes = 4 * kKiB;
// So many writes of a log are in flight at a time: src/storage/WAL_FORMAT.md.
constexpr std::ptrdiff_t kWritesInFlight = 2;

using Page = std::array<std::byte, kPageBytes>;

std::string_view folder_of(std::string_view name) {
    return name.substr(0, name.rfind('/'));
}

// Zeroes behind the end, and where nothing can be read, which `trouble` says.
Page read_page(const Descriptor& file, off_t at, bool& trouble) {
    Page page{};
    const ssize_t count = ::pread(file.get(), page.data(), page.size(), at);
    trouble = trouble || count < 0;
    return page;
}

// None also where there is no such file any more.
storage::LogUse use_of(const std::string& path) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    bool trouble = file.get() < 0;
    return trouble ? storage::LogUse() : storage::log_use(read_page(file, 0, trouble));
}

// From the last page to the first: a frame that tells of one before it is read before that one, so
// what it tells of is there. Only what differs from an earlier copy is written. False: some of it
// cannot be read.
Result<bool> copy_backwards(const std::string& from, const std::string& to) {
    const Descriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (in.get() < 0) return errno == ENOENT;
    const Descriptor out(::open(to.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
    if (out.get() < 0) return os_failure(errno, "create " + to);
    const off_t size = ::lseek(in.get(), 0, SEEK_END);
    if (size < 0 || ::ftruncate(out.get(), size) != 0) return os_failure(errno, "write " + to);
    (void)::posix_fadvise(in.get(), 0, size, POSIX_FADV_WILLNEED);
    const off_t page_bytes = kPageBytes;
    bool trouble = false;
    for (off_t at = (size + page_bytes - 1) / page_bytes * page_bytes; at > 0;) {
        at -= page_bytes;
        bool unread = false;
        const Page page = read_page(in, at, trouble);
        if (page == read_page(out, at, unread)) continue;
        const auto count = static_cast<std::size_t>(std::min(page_bytes, size - at));
        if (::pwrite(out.get(), page.data(), count, at) != static_cast<ssize_t>(count)) {
            return os_failure(errno, "write " + to);
        }
    }
    return !trouble;
}

// False: it cannot be read. What is not there any more is empty.
bool read_whole(const std::string& path, std::string& bytes) {
    const Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.get() < 0) return errno == ENOENT;
    const off_t size = ::lseek(file.get(), 0, SEEK_END);
    bytes.resize(static_cast<std::size_t>(std::max<off_t>(size, 0)));
    std::size_t at = 0;
    while (at < bytes.size()) {
        const ssize_t count =
            ::pread(file.get(), bytes.data() + at, bytes.size() - at, static_cast<off_t>(at));
        if (count < 0) return false;
        if (count == 0) break;
        at += static_cast<std::size_t>(count);
    }
    bytes.resize(at);
    return true;
}

// Every segment is held open.
void allow_descriptors() {
    rlimit limit{};
    if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

RunningCopy::RunningCopy(std::string from, std::string to, std::vector<std::string> tops)
    : from_(std::move(from)), to_(std::move(to)), tops_(std::move(tops)) {}

RunningCopy::~RunningCopy() = default;

Result<void> RunningCopy::make() {
    allow_descriptors();
    for (int round = 0; round < kRoundsMax; ++round) {
        if (round != 0) (void)::usleep(kPauseUs);
        if (is_ended_by_signal()) return Error{ErrorKind::kCancelled, "ended by a signal"};
        unreadable_.clear();
        const Lists lists = read_lists();
        SLUICE_TRY_VOID(hold_segments());
        if (read_lists() != lists) continue;
        const Live live = live_files(lists);
        SLUICE_TRY(const bool has_logs, copy_logs(live));
        if (!has_logs) continue;
        std::sort(unreadable_.begin(), unreadable_.end());
        unreadable_.erase(std::unique(unreadable_.begin(), unreadable_.end()), unreadable_.end());
        SLUICE_TRY_VOID(write(lists));
        return link_segments(live);
    }
    return Error{ErrorKind::kBusy,
                 from_ +
                     ": its server changes it faster than it can be copied: try again when "
                     "there is less to do, or stop the server"};
}

RunningCopy::Files RunningCopy::find_files() {
    Files files;
    for (const std::string& top : tops_) find_files(top, files);
    return files;
}

// What is there all the time is found; what comes or goes meanwhile may be.
void RunningCopy::find_files(const std::string& folder, Files& files) {
    std::error_code error;
    fs::directory_iterator entries(from_ + "/" + folder, error);
    if (error && error != std::errc::no_such_file_or_directory) {
        unreadable_.push_back(os_failure(error.value(), "list " + from_ + "/" + folder).message);
    }
    if (error) return;
    files.folders.push_back(folder);
    while (entries != fs::directory_iterator()) {
        const std::string name = entries->path().filename();
        const std::string path = folder + "/" + name;
        const fs::file_status status = entries->status(error);
        if (fs::is_directory(status) && name != "lost+found") find_files(path, files);
        if (fs::is_regular_file(status)) {
            if (name.find(".seg") != name.npos) files.segments.push_back(path);
            if (folder.ends_with("/wal") && name.find(".log") != name.npos) {
                files.logs.push_back(path);
            }
            const bool is_list = name.starts_with("MANIFEST") || name.starts_with("catalog-");
            if (is_list && !name.ends_with(".tmp")) files.lists.push_back(path);
        }
        entries.increment(error);
        if (error) break;
    }
}

// Those of each store together.
Result<bool> RunningCopy::copy_logs(const Live& live) {
    std::map<std::string, std::vector<std::string>> stores;
    const Files files = find_files();
    for (const std::string& folder : files.folders) {
        std::error_code error;
        fs::create_directories(to_ + "/" + folder, error);
        if (error) return os_failure(error.value(), "make directory " + to_ + "/" + folder);
    }
    for (const std::string& name : files.logs) {
        stores[std::string(folder_of(folder_of(name)))].push_back(name);
    }
    for (auto& [store, names] : stores) {
        const auto known = live.find(store);
        SLUICE_TRY(
            const bool has_all,
            copy_logs(store, std::move(names), known == live.end() ? std::nullopt : known->second));
        if (!has_all) return false;
    }
    return true;
}

// Of the oldest head first, whose files may be taken into use again soonest; of a head the newest
// first, for the same reason as the pages of a file. What has begun since the lists were read may
// have points, too, that were acknowledged by then: the manifest notes logs beside the writes.
Result<bool> RunningCopy::copy_logs(const std::string& store, std::vector<std::string> names,
                                    const std::optional<storage::LiveFiles>& live) {
    struct Log {
        storage::LogUse use;
        std::string name;
    };
    std::vector<Log> logs;
    for (std::string& name : names) {
        const storage::LogUse use = use_of(from_ + "/" + name);
        const bool is_old = live && !live->logs.empty() && use.number < *live->logs.begin();
        if (live ? use.number != 0 && !is_old : true) logs.push_back({use, std::move(name)});
    }
    std::sort(logs.begin(), logs.end(), [](const Log& a, const Log& b) {
        return a.use.head_id != b.use.head_id ? a.use.head_id < b.use.head_id
                                              : a.use.number > b.use.number;
    });
    std::set<std::uint64_t> copied;
    for (const auto& [use, name] : logs) {
        const auto newer = std::count_if(
            logs.begin(), logs.end(),
            [number = use.number](const Log& each) { return each.use.number > number; });
        const auto known = logs_.find(name);
        const bool is_done = known != logs_.end() && known->second.use == use && use.number != 0;
        if (!is_done || !known->second.is_ended) {
            SLUICE_TRY(const bool whole, copy_backwards(from_ + "/" + name, to_ + "/" + name));
            if (!whole) unreadable_.push_back(from_ + "/" + name + " cannot be read as a whole");
            logs_[name] = {use, newer >= kWritesInFlight};
            // It may be another log by now; the end of the function removes that.
            if (use_of(from_ + "/" + name) != use) {
                logs_[name] = {};
                continue;
            }
        }
        copied.insert(use.number);
    }
    // The copy of an earlier round may be of rows that are in segments by now, or of a later use.
    for (auto each = logs_.begin(); each != logs_.end();) {
        const bool is_of_store = each->first.starts_with(store + "/");
        if (is_of_store && !copied.contains(each->second.use.number)) {
            std::error_code ignored;
            fs::remove(to_ + "/" + each->first, ignored);
            each = logs_.erase(each);
        } else {
            ++each;
        }
    }
    return !live ||
           std::includes(copied.begin(), copied.end(), live->logs.begin(), live->logs.end());
}

RunningCopy::Lists RunningCopy::read_lists() {
    Lists lists;
    for (const std::string& name : find_files().lists) {
        if (!read_whole(from_ + "/" + name, lists[name])) {
            unreadable_.push_back(from_ + "/" + name + " cannot be read");
        }
    }
    return lists;
}

Result<void> RunningCopy::hold_segments() {
    const std::vector<std::string> names = find_files().segments;
    const std::set<std::string> present(names.begin(), names.end());
    std::erase_if(segments_, [&](const auto& each) { return !present.contains(each.first); });
    for (const std::string& name : names) {
        if (segments_.contains(name)) continue;
        const std::string path = from_ + "/" + name;
        Descriptor file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
        if (file.get() >= 0) {
            segments_.emplace(name, std::move(file));
        } else if (errno == EMFILE || errno == ENFILE) {
            return os_failure(errno,
                              "open " + path + " (each segment needs a descriptor: ulimit -n)");
        } else if (errno != ENOENT) {
            unreadable_.push_back(os_failure(errno, "open " + path).message);
        }
    }
    return {};
}

Result<void> RunningCopy::write(const Lists& lists) const {
    for (const auto& [name, bytes] : lists) {
        const std::string path = to_ + "/" + name;
        const Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
        if (file.get() < 0) return os_failure(errno, "create " + path);
        std::size_t at = 0;
        while (at < bytes.size()) {
            const ssize_t count = ::write(file.get(), bytes.data() + at, bytes.size() - at);
            if (count < 0) return os_failure(errno, "write " + path);
            at += static_cast<std::size_t>(count);
        }
    }
    return {};
}

RunningCopy::Live RunningCopy::live_files(const Lists& lists) {
    std::map<std::string, Lists> stores;  // their files by folder
    for (const auto& [name, bytes] : lists) {
        const std::string folder(folder_of(name));
        stores[folder].emplace(name.substr(folder.size() + 1), bytes);
    }
    Live live;
    for (const auto& [folder, files] : stores) {
        live.emplace(folder, storage::live_files(folder, files));
    }
    return live;
}

// Not those that the lists do not know: they are being written, with rows of which the logs that
// were copied may not have all.
Result<void> RunningCopy::link_segments(const Live& live) const {
    std::set<std::string> unlisted;
    for (const auto& [store, files] : live) {
        if (!files) continue;
        for (const auto& [name, file] : segments_) {
            const bool is_of_store = name.starts_with(store + "/") && name.ends_with(".seg");
            if (is_of_store && !files->segments.contains(name)) unlisted.insert(name);
        }
    }
    const std::string held = "/proc/" + std::to_string(::getpid()) + "/fd/";
    for (const auto& [name, file] : segments_) {
        if (unlisted.contains(name)) continue;
        std::error_code error;
        const fs::path path = to_ + "/" + name;
        fs::create_directories(path.parent_path(), error);
        if (!error) fs::create_symlink(held + std::to_string(file.get()), path, error);
        if (error) return os_failure(error.value(), "make link " + path.string());
    }
    return {};
}

}  // namespace sluice::server
