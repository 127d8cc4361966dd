// File operations of SimBackend: they take effect when they complete.
#include <algorithm>
#include <cerrno>

#include "sim_backend.h"
#include "sluice/base/aligned_buffer.h"
#include "sluice/base/check.h"

namespace sluice::io {

namespace {

bool aligned(const Operation& operation) {
    return reinterpret_cast<std::uintptr_t>(operation.data) % kDirectIoAlignment == 0 &&
           operation.length % kDirectIoAlignment == 0 && operation.offset % kDirectIoAlignment == 0;
}

}  // namespace

std::int64_t SimBackend::perform_file(Operation& operation) {
    const SimFaults& faults = world_.options_.faults;
    switch (operation.kind) {
        case OperationKind::kOpen:
            return perform_open(operation);
        case OperationKind::kRead:
            return perform_read(operation);
        case OperationKind::kWrite:
            return perform_write(operation);
        case OperationKind::kSync:
            return finish_sync(operation);
        case OperationKind::kAllocate:
        case OperationKind::kTruncate:
            return perform_resize(operation);
        case OperationKind::kStat:
            return perform_stat(operation);
        default:
            break;
    }
    if (const int error = world_.injected_error(faults.metadata_error)) return error;
    switch (operation.kind) {
        case OperationKind::kRename:
            return world_.disk_.rename(operation.path, operation.path_to);
        case OperationKind::kRemoveFile:
            return world_.disk_.remove_file(operation.path);
        case OperationKind::kMakeDirectory:
            return world_.disk_.make_directory(operation.path);
        default:
            SLUICE_CHECK(false);
    }
}

std::int64_t SimBackend::perform_open(Operation& operation) {
    if (const int error = world_.injected_error(world_.options_.faults.metadata_error)) {
        return error;
    }
    SimWorld::Descriptor descriptor;
    descriptor.kind = SimWorld::Descriptor::Kind::kFile;
    descriptor.writable = (operation.flags & Operation::kForWriting) != 0;
    const int result = world_.disk_.open(operation.path, operation.flags, descriptor.inode);
    return result < 0 ? result : world_.add_descriptor(std::move(descriptor));
}

std::int64_t SimBackend::perform_read(Operation& operation) {
    if (!aligned(operation)) return -EINVAL;
    const SimFaults& faults = world_.options_.faults;
    if (const int error = world_.injected_error(faults.read_error)) return error;
    std::size_t length = operation.length;
    if (length > kDirectIoAlignment && faults.short_read > 0 &&
        world_.random_.chance(faults.short_read)) {
        length = (1 + world_.random_.below(length / kDirectIoAlignment)) * kDirectIoAlignment;
    }
    const SimInode& inode = *world_.descriptor(operation.fd).inode;
    return static_cast<std::int64_t>(
        inode.read(operation.offset, {const_cast<std::byte*>(operation.data), length}));
}

std::int64_t SimBackend::perform_write(Operation& operation) {
    const SimWorld::Descriptor& descriptor = world_.descriptor(operation.fd);
    SLUICE_CHECK(descriptor.writable);
    if (!aligned(operation)) return -EINVAL;
    SimInode& inode = *descriptor.inode;
    const SimFaults& faults = world_.options_.faults;
    const bool durable = (operation.flags & Operation::kDurable) != 0;
    if (const int error = world_.injected_error(faults.write_error)) {
        // How far it came, nobody knows.
        const std::size_t arrived =
            world_.random_.below(operation.length / kSectorBytes + 1) * kSectorBytes;
        const std::uint64_t room = std::min<std::uint64_t>(
            arrived, inode.size() > operation.offset ? inode.size() - operation.offset : 0);
        inode.write(operation.offset, {operation.data, room / kSectorBytes * kSectorBytes}, false);
        return error;
    }
    std::size_t length = operation.length;
    if (length > kDirectIoAlignment && faults.short_write > 0 &&
        world_.random_.chance(faults.short_write)) {
        length = (1 + world_.random_.below(length / kDirectIoAlignment)) * kDirectIoAlignment;
    }
    const std::uint64_t end = operation.offset + length;
    if (end > inode.size() && end - inode.size() > world_.disk_.free_bytes()) {
        const std::uint64_t fits = inode.size() + world_.disk_.free_bytes();
        if (fits < operation.offset + kDirectIoAlignment) return -ENOSPC;
        length = (fits - operation.offset) / kDirectIoAlignment * kDirectIoAlignment;
    }
    inode.write(operation.offset, {operation.data, length}, durable);
    return static_cast<std::int64_t>(length);
}

std::int64_t SimBackend::perform_stat(Operation& operation) {
    const SimInodeRef inode = operation.path != nullptr ? world_.disk_.find(operation.path)
                                                        : world_.descriptor(operation.fd).inode;
    if (inode == nullptr) return -ENOENT;
    operation.offset = inode->size();
    operation.flags = inode->is_directory ? Operation::kDirectory : 0u;
    return 0;
}

std::int64_t SimBackend::perform_resize(Operation& operation) {
    SimInode& inode = *world_.descriptor(operation.fd).inode;
    if (const int error = world_.injected_error(world_.options_.faults.metadata_error)) {
        return error;
    }
    const bool allocate = operation.kind == OperationKind::kAllocate;
    const std::uint64_t size =
        allocate ? std::max(inode.size(), operation.offset + operation.length) : operation.offset;
    if (size > inode.size() && size - inode.size() > world_.disk_.free_bytes()) return -ENOSPC;
    inode.set_size(size);
    return 0;
}

void SimBackend::begin_sync(Operation& operation) {
    SimInode& inode = *world_.descriptor(operation.fd).inode;
    operation.backend_word =
        inode.is_directory ? world_.disk_.begin_sync_directory() : inode.begin_sync();
}

std::int64_t SimBackend::finish_sync(Operation& operation) {
    SimInode& inode = *world_.descriptor(operation.fd).inode;
    const int error = world_.injected_error(world_.options_.faults.sync_error);
    if (!inode.is_directory) {
        inode.end_sync(operation.backend_word, error == 0);
    } else if (error == 0) {
        world_.disk_.end_sync_directory(inode, operation.backend_word);
    }
    return error;
}

void SimBackend::tear(Operation& operation) {
    Random& random = world_.random_;
    switch (operation.kind) {
        case OperationKind::kWrite:
            if (!aligned(operation)) return;
            world_.descriptor(operation.fd)
                .inode->tear(operation.offset, {operation.data, operation.length}, random);
            return;
        case OperationKind::kOpen:
        case OperationKind::kRename:
        case OperationKind::kRemoveFile:
        case OperationKind::kMakeDirectory:
        case OperationKind::kAllocate:
        case OperationKind::kTruncate:
            if (random.below(2) == 0) perform_file(operation);
            return;
        default:
            return;
    }
}

}  // namespace sluice::io
