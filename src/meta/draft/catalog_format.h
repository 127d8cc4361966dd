// The bytes of the catalog's files: CATALOG_FORMAT.md in code.
#pragma once

#include <cstddef>
#include <cstdint>

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/units.h"

namespace sluice::meta {

// One entry in a run of changes. The values are stored; they never change.
enum class CatalogOp : std::uint8_t {
    kCreateDatabase = 1,
    kDropDatabase = 2,
    kPutPolicy = 3,
    kDropPolicy = 4,
    kAddGroup = 5,
    kRemoveGroup = 6,
    kSelectGroup = 7,
    kAddFields = 8,
    kDoomGroups = 9,
    kForgetDoomed = 10,
    kRaiseGroupId = 11,
    kCopyFields = 12,
    kCreateUser = 13,
    kDropUser = 14,
    kSetPassword = 15,
    kSetAdmin = 16,
    kSetPrivilege = 17,
    kCreateContinuousQuery = 18,
    kDropContinuousQuery = 19,
    kCreateSubscription = 20,
    kDropSubscription = 21,
    kAddTombstone = 22,
    kForgetTombstones = 23,
    kNoteDeletes = 24,
    kRemoveMeasurement = 25,
    kCreateToken = 26,
    kAlterToken = 27,
    kDropToken = 28,
    kDescribeBucket = 29,
    kNameOrganization = 30,
    kLimitWrites = 31,
    kAddPolicyTombstone = 32,
};
inline constexpr CatalogOp kLastCatalogOp = CatalogOp::kAddPolicyTombstone;

enum class CatalogFrameKind : std::uint16_t {
    kLogStart = 1,
    kChanges = 2,
    kSnapshotPart = 3,
    kSnapshotEnd = 4,
    kLogEnd = 5,  // an orderly stop: what comes before it is all there was
};

inline constexpr std::uint32_t kCatalogMagic = 0x54434C53;  // "SLCT"
inline constexpr std::uint16_t kCatalogFormatVersion = 1;

// magic 4, checksum 4, version 2, kind 2, payload bytes 4, generation 8, sequence 8.
inline constexpr std::size_t kCatalogHeaderBytes = 32;
// Frames begin at multiples of this, so that no write touches bytes that are already durable.
inline constexpr std::size_t kCatalogFrameAlignment = kDirectIoAlignment;
// Largest payload a frame's header can claim.
inline constexpr std::size_t kCatalogPayloadBytesMax = kGiB;
// A group of changes is closed when it passes this.
inline constexpr std::size_t kCatalogGroupBytes = 16 * kMiB;
// A snapshot is cut into parts of about this size.
inline constexpr std::size_t kCatalogSnapshotPartBytes = 256 * kKiB;
// The catalog is kept in as many directories; a log start says so.
inline constexpr std::size_t kCatalogCopies = 2;
// Reserved when a log is made: a full disk must not keep anybody from dropping a database. A log
// that is shorter has been cut.
inline constexpr std::uint64_t kCatalogLogReservedBytes = kMiB;

}  // namespace sluice::meta
