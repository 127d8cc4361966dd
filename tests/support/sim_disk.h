// A file system in memory that keeps no promise it has not made.
//
// What a crash may do (SimDisk::crash):
//   - data written and not synced: each 512-byte sector is old or new, independently: lost, torn,
//     reordered, or wholly there;
//   - data written with kDurable or synced: stays;
//   - a size changed and not synced: old, new, or between for growth; a truncation that did not
//     happen gives the old bytes back;
//   - names created, renamed and removed: of each directory a prefix of the changes since its last
//     sync survives. Syncing a file does not make its name durable (weaker than ext4, as POSIX);
//   - a rename is never half done;
//   - after a failed sync, what it covered counts as written and not synced for good, whatever
//   later
//     syncs say: only writing it again helps.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sluice/base/bytes.h"
#include "sluice/base/random.h"
#include "sluice/io/backend.h"

namespace sluice::io {

inline constexpr std::uint64_t kSectorBytes = 512;

class SimInode;
using SimInodeRef = std::shared_ptr<SimInode>;

// A file or directory. Its members are SimDisk's business.
class SimInode {
public:
    SimInode(bool is_directory_, std::shared_ptr<std::uint64_t> used_bytes);
    ~SimInode();
    SimInode(const SimInode&) = delete;
    SimInode& operator=(const SimInode&) = delete;

    const bool is_directory;
    std::map<std::string, SimInodeRef, std::less<>> children;

    std::uint64_t size() const { return size_; }
    std::uint64_t read(std::uint64_t offset, MutableByteSpan into) const;
    void write(std::uint64_t offset, ByteSpan data, bool durable);
    void set_size(std::uint64_t size);
    // A sync covers what was written before it began.
    std::uint64_t begin_sync();
    void end_sync(std::uint64_t token, bool ok);
    bool has_unsynced() const { return !generations_.empty(); }

    // Decides what of the unsynced changes is on disk, and forgets the rest.
    void crash(Random& random);
    // A write that was in flight at the crash.
    void tear(std::uint64_t offset, ByteSpan data, Random& random);
    void flip_bit(std::uint64_t bit);

private:
    friend class SimDisk;
    static constexpr std::uint64_t kChunkBytes = 64 * 1024;

    // Bytes as they were before the first unsynced write of a generation; none stands for zeros.
    struct Extent {
        std::uint64_t begin;
        std::uint64_t end;
        bool cut_off;  // by a truncation: comes back as a whole or not at all
        std::vector<std::byte> old;
    };
    // The changes between two begin_sync().
    struct Generation {
        std::uint64_t token = 0;
        std::uint64_t size_before = 0;
        bool size_changed = false;
        bool failed = false;  // a sync of it failed: no later one covers it
        std::vector<Extent> extents;
    };

    Generation& open_generation();
    void remember(std::uint64_t begin, std::uint64_t end, bool cut_off);
    void remember_piece(Generation& generation, std::uint64_t begin, std::uint64_t end,
                        bool cut_off);
    void forget(std::uint64_t begin, std::uint64_t end, bool failed_only);
    void store(std::uint64_t offset, ByteSpan data);
    void clear(std::uint64_t begin, std::uint64_t end);
    void change_size(std::uint64_t size);
    void undo_extent(const Extent& extent, Random& random);
    void restore(const Extent& extent, std::uint64_t begin, std::uint64_t end);

    std::uint64_t size_ = 0;
    std::uint64_t next_token_ = 1;
    bool generation_open_ = false;
    std::vector<std::unique_ptr<std::byte[]>> chunks_;  // null: zeros
    std::vector<Generation> generations_;               // oldest first
    std::shared_ptr<std::uint64_t> used_bytes_;
};

// Moved from one incarnation of the process to the next.
class SimDisk {
public:
    explicit SimDisk(std::uint64_t capacity_bytes = std::uint64_t{1} << 40);

    std::uint64_t capacity_bytes() const { return capacity_bytes_; }
    void set_capacity_bytes(std::uint64_t bytes) { capacity_bytes_ = bytes; }
    std::uint64_t free_bytes() const {
        return *used_bytes_ < capacity_bytes_ ? capacity_bytes_ - *used_bytes_ : 0;
    }

    // 0 or a negative errno, as the system calls. Paths are taken from the root, with or without /.
    int open(std::string_view path, std::uint32_t flags, SimInodeRef& inode);
    int make_directory(std::string_view path);
    int remove_file(std::string_view path);
    int rename(std::string_view from, std::string_view to);
    SimInodeRef find(std::string_view path) const;
    std::vector<DirectoryEntry> list(const SimInode& directory) const;

    std::uint64_t begin_sync_directory() const { return journal_end_; }
    void end_sync_directory(const SimInode& directory, std::uint64_t token);

    void crash(Random& random);

    // For tests: the content of a file (empty if there is none), damage, and every file's path.
    std::vector<std::byte> content(std::string_view path) const;
    void overwrite(std::string_view path, ByteSpan content);
    void erase(std::string_view path);  // the file is not there, and no crash brings it back
    void flip_bit(std::string_view path, std::uint64_t bit);
    std::vector<std::string> files() const;

private:
    // A name that pointed to `before` and points to `after`; null: to nothing.
    struct NameChange {
        SimInodeRef directory;
        std::string name;
        SimInodeRef before;
        SimInodeRef after;
    };
    struct JournalEntry {
        std::uint64_t sequence;
        std::vector<NameChange> changes;  // all or none
    };

    struct Place {
        SimInodeRef directory;
        std::string name;
    };
    bool locate(std::string_view path, Place& place) const;
    static SimInodeRef child(const Place& place);
    static void point(const NameChange& change, const SimInodeRef& inode);
    void apply(std::vector<NameChange> changes);
    void crash_below(SimInode& inode, Random& random);
    void list_below(const SimInode& inode, const std::string& path,
                    std::vector<std::string>& into) const;

    std::uint64_t capacity_bytes_;
    std::shared_ptr<std::uint64_t> used_bytes_;
    SimInodeRef root_;
    std::vector<JournalEntry> journal_;  // not yet durable, oldest first
    std::uint64_t journal_end_ = 0;
};

}  // namespace sluice::io
