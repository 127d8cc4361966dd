#include "storage/manifest/manifest_format.h"

#include "sluice/base/aligned_buffer.h"
#include "sluice/base/crc32c.h"

namespace sluice::storage {
namespace {

enum class Kind : std::uint8_t {
    kIdentity = 1,
    kAddSegment = 2,
    kRemoveSegment = 3,
    kFlushed = 4,
    kDropGroup = 5,
    kDeletesApplied = 6,
};

constexpr std::uint8_t kHasSequences = 0x01;

struct EditWriter {
    ByteWriter& out;

    void begin(Kind kind) const { out.write(static_cast<std::uint8_t>(kind)); }

    void operator()(const edit::Identity& each) const {
        begin(Kind::kIdentity);
        out.write(each.store_id);
        out.write(each.incarnation);
        out.write(each.next_segment_id);
    }
    void operator()(const edit::AddSegment& each) const {
        const SegmentRecord& segment = each.segment;
        begin(Kind::kAddSegment);
        out.write(segment.id);
        out.write(segment.level);
        out.write(static_cast<std::uint8_t>(segment.has_sequences ? kHasSequences : 0));
        out.write(segment.meta.group);
        out.write(segment.meta.rows);
        out.write(segment.meta.values);
        out.write(segment.meta.series);
        out.write(segment.meta.time_min);
        out.write(segment.meta.time_max);
        out.write(segment.meta.sequence_min);
        out.write(segment.meta.sequence_max);
        out.write(segment.meta.size_bytes);
    }
    void operator()(const edit::RemoveSegment& each) const {
        begin(Kind::kRemoveSegment);
        out.write(each.id);
    }
    void operator()(const edit::Flushed& each) const {
        begin(Kind::kFlushed);
        out.write(each.head_id);
    }
    void operator()(const edit::DropGroup& each) const {
        begin(Kind::kDropGroup);
        out.write(each.group);
    }
    void operator()(const edit::DeletesApplied& each) const {
        begin(Kind::kDeletesApplied);
        out.write(each.id);
        out.write(each.sequence);
    }
};

ManifestEdit read_segment(ByteReader& reader) {
    SegmentRecord segment;
    segment.id = reader.read<std::uint64_t>();
    segment.level = reader.read<std::uint32_t>();
    const auto flags = reader.read<std::uint8_t>();
    segment.has_sequences = (flags & kHasSequences) != 0;
    segment.meta.group = reader.read<std::uint64_t>();
    segment.meta.rows = reader.read<std::uint64_t>();
    segment.meta.values = reader.read<std::uint64_t>();
    segment.meta.series = reader.read<std::uint64_t>();
    segment.meta.time_min = reader.read<std::int64_t>();
    segment.meta.time_max = reader.read<std::int64_t>();
    segment.meta.sequence_min = reader.read<std::uint64_t>();
    segment.meta.sequence_max = reader.read<std::uint64_t>();
    segment.meta.size_bytes = reader.read<std::uint64_t>();
    return edit::AddSegment{segment};
}

// Reads the edits of a record, and returns false when the payload is not a list of edits.
bool read_edits(ByteSpan payload, std::vector<ManifestEdit>& edits) {
    ByteReader reader(payload);
    while (reader.ok() && reader.remaining() != 0) {
        switch (static_cast<Kind>(reader.read<std::uint8_t>())) {
            case Kind::kIdentity: {
                edit::Identity each;
                each.store_id = reader.read<std::uint64_t>();
                each.incarnation = reader.read<std::uint32_t>();
                each.next_segment_id = reader.read<std::uint64_t>();
                edits.push_back(each);
                break;
            }
            case Kind::kAddSegment:
                edits.push_back(read_segment(reader));
                break;
            case Kind::kRemoveSegment:
                edits.push_back(edit::RemoveSegment{reader.read<std::uint64_t>()});
                break;
            case Kind::kFlushed:
                edits.push_back(edit::Flushed{reader.read<std::uint64_t>()});
                break;
            case Kind::kDropGroup:
                edits.push_back(edit::DropGroup{reader.read<std::uint64_t>()});
                break;
            case Kind::kDeletesApplied: {
                edit::DeletesApplied each;
                each.id = reader.read<std::uint64_t>();
                each.sequence = reader.read<std::uint64_t>();
                edits.push_back(each);
                break;
            }
            default:
                return false;
        }
    }
    return reader.ok();
}

struct EditApplier {
    ManifestState& state;

    void operator()(const edit::Identity& each) const {
        state.store_id = each.store_id;
        state.incarnation = each.incarnation;
        state.next_segment_id = each.next_segment_id;
    }
    void operator()(const edit::AddSegment& each) const {
        // A flush or merge that was under way when its group was dropped.
        if (!state.dropped_groups.contains(each.segment.meta.group)) {
            state.segments[each.segment.id] = each.segment;
            state.segments[each.segment.id].deletes_applied = 0;  // an edit of its own
        }
        state.next_segment_id = std::max(state.next_segment_id, each.segment.id + 1);
    }
    void operator()(const edit::RemoveSegment& each) const { state.segments.erase(each.id); }
    void operator()(const edit::Flushed& each) const {
        state.flushed_head = std::max(state.flushed_head, each.head_id);
    }
    void operator()(const edit::DeletesApplied& each) const {
        const auto found = state.segments.find(each.id);
        if (found != state.segments.end()) found->second.deletes_applied = each.sequence;
    }
    void operator()(const edit::DropGroup& each) const {
        state.dropped_groups.insert(each.group);
        std::erase_if(state.segments,
                      [&](const auto& entry) { return entry.second.meta.group == each.group; });
    }
};

}  // namespace

void ManifestState::apply(const ManifestEdit& edit) {
    std::visit(EditApplier{*this}, edit);
}

std::vector<ManifestEdit> ManifestState::snapshot() const {
    std::vector<ManifestEdit> edits;
    edits.push_back(edit::Identity{store_id, incarnation, next_segment_id});
    edits.push_back(edit::Flushed{flushed_head});
    for (const model::ShardGroupId group : dropped_groups) edits.push_back(edit::DropGroup{group});
    for (const auto& [id, segment] : segments) append_segment_edits(segment, edits);
    return edits;
}

void append_segment_edits(const SegmentRecord& segment, std::vector<ManifestEdit>& edits) {
    edits.push_back(edit::AddSegment{segment});
    if (segment.deletes_applied != 0) {
        edits.push_back(edit::DeletesApplied{segment.id, segment.deletes_applied});
    }
}

void append_manifest_record(ByteWriter& out, std::uint64_t number, std::uint64_t& hash,
                            const std::vector<ManifestEdit>& edits) {
    const std::size_t begin = out.size();
    out.append_uninitialized(kManifestHeaderBytes);
    for (const ManifestEdit& each : edits) std::visit(EditWriter{out}, each);
    const std::size_t payload_bytes = out.size() - begin - kManifestHeaderBytes;
    const std::uint32_t payload_crc =
        crc32c(out.span().subspan(begin + kManifestHeaderBytes, payload_bytes));
    out.pad_to_multiple(kDirectIoAlignment);

    std::byte* header = out.data() + begin;
    std::memset(header, 0, kManifestHeaderBytes);
    store_le(header, kManifestMagic);
    store_le(header + 4, kManifestVersion);
    store_le(header + 8, number);
    store_le(header + 16, hash);
    store_le(header + 24, static_cast<std::uint64_t>(payload_bytes));
    store_le(header + 32, payload_crc);
    const std::uint32_t header_crc = crc32c({header, kManifestHeaderBytes - 4});
    store_le(header + 44, header_crc);
    hash = std::uint64_t{header_crc} << 32 | payload_crc;
}

// Follows the records as long as each is whole, has the next number, and names the hash of the one
// before. What comes behind is not part of the manifest: zeroes, or a record that was being
// written. `torn` tells the latter, and content.end is where the next record goes in either case.
Result<ManifestContent> parse_manifest(ByteSpan bytes) {
    ManifestContent content;
    std::uint64_t hash = 0;
    for (std::size_t offset = 0; bytes.size() - offset >= kDirectIoAlignment;) {
        const std::byte* header = bytes.data() + offset;
        if (load_le<std::uint32_t>(header) != kManifestMagic) break;
        content.torn = true;  // unless the record turns out to be whole
        const auto header_crc = load_le<std::uint32_t>(header + 44);
        if (crc32c({header, kManifestHeaderBytes - 4}) != header_crc) break;
        if (load_le<std::uint16_t>(header + 4) != kManifestVersion) {
            return Error{ErrorKind::kUnsupported, "manifest of a newer version"};
        }
        if (load_le<std::uint64_t>(header + 8) != content.records + 1) break;
        if (load_le<std::uint64_t>(header + 16) != hash) break;
        const auto payload_bytes = load_le<std::uint64_t>(header + 24);
        if (payload_bytes > bytes.size() - offset - kManifestHeaderBytes) break;
        const ByteSpan payload = bytes.subspan(offset + kManifestHeaderBytes, payload_bytes);
        const auto payload_crc = load_le<std::uint32_t>(header + 32);
        if (crc32c(payload) != payload_crc) break;
        std::vector<ManifestEdit> edits;
        if (!read_edits(payload, edits)) break;
        if (content.records == 0 &&
            (edits.empty() || !std::holds_alternative<edit::Identity>(edits.front()))) {
            break;
        }
        for (const ManifestEdit& each : edits) content.state.apply(each);
        ++content.records;
        content.torn = false;
        hash = std::uint64_t{header_crc} << 32 | payload_crc;
        offset += align_up(kManifestHeaderBytes + payload_bytes);
        content.end = offset;
        content.hash = hash;
        if (offset > bytes.size()) break;
    }
    if (content.records == 0) {
        return Error{ErrorKind::kCorrupt, "the manifest does not begin with an intact record"};
    }
    return content;
}

}  // namespace sluice::storage
