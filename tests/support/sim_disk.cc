#include "sim_disk.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "sluice/base/check.h"

namespace sluice::io {

SimDisk::SimDisk(std::uint64_t capacity_bytes)
    : capacity_bytes_(capacity_bytes),
      used_bytes_(std::make_shared<std::uint64_t>(0)),
      root_(std::make_shared<SimInode>(true, used_bytes_)) {}

// Finds the directory and the last name of a path; false if a directory on the way is missing.
bool SimDisk::locate(std::string_view path, Place& place) const {
    place.directory = root_;
    place.name.clear();
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        const std::string_view part = path.substr(0, slash);
        path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
        if (part.empty() || part == ".") continue;
        if (!place.name.empty()) {
            const auto found = place.directory->children.find(place.name);
            if (found == place.directory->children.end() || !found->second->is_directory) {
                return false;
            }
            place.directory = found->second;
        }
        place.name = part;
    }
    return true;
}

SimInodeRef SimDisk::child(const Place& place) {
    if (place.name.empty()) return place.directory;
    const auto found = place.directory->children.find(place.name);
    return found == place.directory->children.end() ? nullptr : found->second;
}

SimInodeRef SimDisk::find(std::string_view path) const {
    Place place;
    return locate(path, place) ? child(place) : nullptr;
}

void SimDisk::point(const NameChange& change, const SimInodeRef& inode) {
    if (inode == nullptr) {
        change.directory->children.erase(change.name);
    } else {
        change.directory->children[change.name] = inode;
    }
}

void SimDisk::apply(std::vector<NameChange> changes) {
    for (const NameChange& change : changes) point(change, change.after);
    journal_.push_back({journal_end_++, std::move(changes)});
}

int SimDisk::open(std::string_view path, std::uint32_t flags, SimInodeRef& inode) {
    Place place;
    if (!locate(path, place)) return -ENOENT;
    inode = child(place);
    if (flags & Operation::kDirectory) {
        if (inode == nullptr) return -ENOENT;
        return inode->is_directory ? 0 : -ENOTDIR;
    }
    if (flags & Operation::kExclusive) {
        if (inode != nullptr) return -EEXIST;
        inode = std::make_shared<SimInode>(false, used_bytes_);
        apply({{place.directory, place.name, nullptr, inode}});
        return 0;
    }
    if (inode == nullptr) return -ENOENT;
    return inode->is_directory ? -EISDIR : 0;
}

int SimDisk::make_directory(std::string_view path) {
    Place place;
    if (!locate(path, place)) return -ENOENT;
    if (child(place) != nullptr) return -EEXIST;
    apply({{place.directory, place.name, nullptr, std::make_shared<SimInode>(true, used_bytes_)}});
    return 0;
}

int SimDisk::remove_file(std::string_view path) {
    Place place;
    if (!locate(path, place)) return -ENOENT;
    const SimInodeRef inode = child(place);
    if (inode == nullptr) return -ENOENT;
    if (inode->is_directory) return -EISDIR;
    apply({{place.directory, place.name, inode, nullptr}});
    return 0;
}

int SimDisk::rename(std::string_view from, std::string_view to) {
    Place source;
    Place target;
    if (!locate(from, source) || !locate(to, target)) return -ENOENT;
    const SimInodeRef inode = child(source);
    if (inode == nullptr) return -ENOENT;
    const SimInodeRef replaced = child(target);
    if (replaced == inode) return 0;
    if (replaced != nullptr && replaced->is_directory) return -EISDIR;
    apply({{source.directory, source.name, inode, nullptr},
           {target.directory, target.name, replaced, inode}});
    return 0;
}

std::vector<DirectoryEntry> SimDisk::list(const SimInode& directory) const {
    std::vector<DirectoryEntry> entries;
    for (const auto& [name, inode] : directory.children) {
        entries.emplace_back(name, inode->is_directory, !inode->is_directory);
    }
    return entries;
}

// A change of two directories is one transaction: syncing either makes it durable.
void SimDisk::end_sync_directory(const SimInode& directory, std::uint64_t token) {
    std::erase_if(journal_, [&](const JournalEntry& entry) {
        return entry.sequence < token &&
               std::any_of(entry.changes.begin(), entry.changes.end(),
                           [&](const NameChange& c) { return c.directory.get() == &directory; });
    });
}

void SimDisk::crash(Random& random) {
    // First entry of each directory that is lost, drawn when the directory is first met.
    std::map<const SimInode*, std::uint64_t> lost_from;
    std::map<const SimInode*, std::vector<std::uint64_t>> sequences;
    for (const JournalEntry& entry : journal_) {
        for (const NameChange& change : entry.changes) {
            sequences[change.directory.get()].push_back(entry.sequence);
        }
    }
    // In journal order, not in the order of addresses: the seed alone decides.
    for (const JournalEntry& entry : journal_) {
        for (const NameChange& change : entry.changes) {
            const SimInode* directory = change.directory.get();
            if (lost_from.contains(directory)) continue;
            const auto& all = sequences[directory];
            const std::uint64_t kept = random.below(all.size() + 1);
            lost_from[directory] = kept == all.size() ? journal_end_ : all[kept];
        }
    }
    for (auto entry = journal_.rbegin(); entry != journal_.rend(); ++entry) {
        const bool lost = std::any_of(
            entry->changes.begin(), entry->changes.end(),
            [&](const NameChange& c) { return entry->sequence >= lost_from[c.directory.get()]; });
        if (!lost) continue;
        for (auto c = entry->changes.rbegin(); c != entry->changes.rend(); ++c) {
            point(*c, c->before);
        }
    }
    journal_.clear();
    crash_below(*root_, random);
}

void SimDisk::crash_below(SimInode& inode, Random& random) {
    if (!inode.is_directory) return inode.crash(random);
    for (auto& [name, below] : inode.children) crash_below(*below, random);
}

std::vector<std::byte> SimDisk::content(std::string_view path) const {
    const SimInodeRef inode = find(path);
    if (inode == nullptr) return {};
    std::vector<std::byte> bytes(inode->size());
    inode->read(0, bytes);
    return bytes;
}

void SimDisk::overwrite(std::string_view path, ByteSpan content) {
    SimInodeRef inode;
    if (open(path, 0, inode) != 0) {
        SLUICE_CHECK(open(path, Operation::kExclusive, inode) == 0);
        journal_.pop_back();
    }
    inode->set_size(0);
    inode->write(0, content, true);
    inode->generations_.clear();
    inode->generation_open_ = false;
}

void SimDisk::erase(std::string_view path) {
    SLUICE_CHECK(remove_file(path) == 0);
    journal_.pop_back();
}

void SimDisk::flip_bit(std::string_view path, std::uint64_t bit) {
    const SimInodeRef inode = find(path);
    SLUICE_CHECK(inode != nullptr && bit / 8 < inode->size());
    inode->flip_bit(bit);
}

void SimDisk::list_below(const SimInode& inode, const std::string& path,
                         std::vector<std::string>& into) const {
    for (const auto& [name, below] : inode.children) {
        if (below->is_directory) {
            list_below(*below, path + name + "/", into);
        } else {
            into.push_back(path + name);
        }
    }
}

std::vector<std::string> SimDisk::files() const {
    std::vector<std::string> paths;
    list_below(*root_, "", paths);
    return paths;
}

}  // namespace sluice::io
