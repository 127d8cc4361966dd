#include "server/tool/scratch_copy.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include "server/tool/descriptor.h"
#include "sluice/base/units.h"

namespace sluice::server {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPieceBytes = 256 * kKiB;

// A copy is made because opening a store writes to it: a new manifest, and segments of what its
// logs have. Segments are never changed once they are written, so a link to each will do, however
// large the data is; everything else is copied.

// Whether the file is one of those that hold points for good.
bool is_segment(const std::string& name) {
    return name.find(".seg") != std::string::npos;
}

// What else somebody keeps beside our files may be large.
bool is_of_ours(const std::string& name) {
    return is_segment(name) || name.starts_with("MANIFEST") || name.starts_with("catalog-") ||
           name.find(".log") != std::string::npos;
}

bool is_zero(const std::vector<char>& bytes, std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) {
        if (bytes[i] != 0) return false;
    }
    return true;
}

// False: the file cannot be read; an error: the copy cannot be written. Pieces of zeroes, of which
// logs are full, take no space. A piece that cannot be read is one of zeroes, and said.
Result<bool> copy_file(const std::string& from, const std::string& to, std::string& trouble) {
    const Descriptor in(::open(from.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (in.get() < 0) {
        trouble = os_failure(errno, "open " + from).message;
        return false;
    }
    const Descriptor out(::open(to.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (out.get() < 0) return os_failure(errno, "create " + to);
    const off_t size = ::lseek(in.get(), 0, SEEK_END);
    std::vector<char> bytes(kPieceBytes);
    for (off_t at = 0; at < size;) {
        const ssize_t count = ::pread(in.get(), bytes.data(), bytes.size(), at);
        if (count < 0) trouble = os_failure(errno, "read " + from).message;
        if (count == 0) break;
        const std::size_t got = count < 0 ? bytes.size() : static_cast<std::size_t>(count);
        if (count > 0 && !is_zero(bytes, got) &&
            ::pwrite(out.get(), bytes.data(), got, at) != static_cast<ssize_t>(got)) {
            return os_failure(errno, "write " + to);
        }
        at += static_cast<off_t>(got);
    }
    if (::ftruncate(out.get(), std::max<off_t>(size, 0)) != 0) {
        return os_failure(errno, "write " + to);
    }
    return trouble.empty();
}

}  // namespace

ScratchCopy::ScratchCopy(std::string root, std::string place, std::string original)
    : root_(std::move(root)), place_(std::move(place)), original_(std::move(original)) {}

ScratchCopy::ScratchCopy(ScratchCopy&& other) noexcept
    : root_(std::exchange(other.root_, {})),
      place_(std::move(other.place_)),
      original_(std::move(other.original_)),
      unreadable_(std::move(other.unreadable_)),
      running_(std::move(other.running_)) {}

ScratchCopy::~ScratchCopy() {
    std::error_code ignored;
    if (!root_.empty()) fs::remove_all(root_, ignored);  // links, not what they lead to
}

// The directory of one store will do, where a data directory is not whole: it is put where a data
// directory would have it, and the catalog is made again from what the store knows of its groups.
Result<ScratchCopy> ScratchCopy::make(const std::string& directory, const std::string& parent,
                                      bool is_running) {
    std::error_code error;
    const fs::path absolute = fs::canonical(directory, error);
    if (error) return os_failure(error.value(), "open " + directory);
    const bool is_data = fs::is_directory(absolute / "stores", error);
    const bool is_store = !is_data && (fs::is_directory(absolute / "wal", error) ||
                                       fs::is_directory(absolute / "shards", error));
    if (!is_data && !is_store) {
        return Error{ErrorKind::kInvalid,
                     directory + ": no data directory of Sluice (there is no stores/ in it)"};
    }
    std::string root = parent + "/sluice-export-XXXXXX";
    if (::mkdtemp(root.data()) == nullptr)
        return os_failure(errno, "make a directory in " + parent);
    const std::string place = root + (is_store ? "/data/stores/0001" : "/data");
    ScratchCopy copy(root, place, absolute);
    fs::create_directories(place, error);
    if (error) return os_failure(error.value(), "make directory " + place);
    const std::vector<std::string> tops = {"meta", "meta-copy", "stores"};
    if (is_running) {
        copy.running_ = std::make_unique<RunningCopy>(
            absolute, place, is_store ? std::vector<std::string>{""} : tops);
        SLUICE_TRY_VOID(copy.running_->make());
        copy.unreadable_ = copy.running_->unreadable();
        return copy;
    }
    if (is_store) {
        SLUICE_TRY_VOID(copy.fill(absolute, place));
        return copy;
    }
    for (const std::string& name : tops) {
        SLUICE_TRY_VOID(copy.take(absolute, place, name));
    }
    return copy;
}

Result<void> ScratchCopy::fill(const std::string& from, const std::string& to) {
    std::error_code error;
    fs::directory_iterator entries(from, error);
    if (error) {
        unreadable_.push_back(os_failure(error.value(), "list " + from).message);
        return {};
    }
    while (entries != fs::directory_iterator()) {
        SLUICE_TRY_VOID(take(from, to, entries->path().filename()));
        entries.increment(error);
        if (!error) continue;
        unreadable_.push_back(os_failure(error.value(), "list " + from).message);
        break;
    }
    return {};
}

Result<void> ScratchCopy::take(const std::string& from, const std::string& to,
                               const std::string& name) {
    const std::string path = from + "/" + name;
    const std::string place = to + "/" + name;
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (fs::is_directory(status)) {
        if (name == "lost+found") return {};
        fs::create_directory(place, error);
        if (error) return os_failure(error.value(), "make directory " + place);
        return fill(path, place);
    }
    if (!fs::is_regular_file(status) || !is_of_ours(name)) return {};
    if (is_segment(name)) {
        fs::create_symlink(path, place, error);
        if (error) return os_failure(error.value(), "make link " + place);
        return {};
    }
    std::string trouble;
    SLUICE_TRY(const bool whole, copy_file(path, place, trouble));
    if (!whole) unreadable_.push_back(trouble);
    return {};
}

// Messages name files of the copy, which nobody can find afterwards.
std::string ScratchCopy::with_real_paths(std::string text) const {
    for (std::size_t at = text.find(place_); at != text.npos;
         at = text.find(place_, at + original_.size())) {
        text.replace(at, place_.size(), original_);
    }
    return text;
}

}  // namespace sluice::server
