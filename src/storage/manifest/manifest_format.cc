#include "storage/manifest/manifest_format.h"

#include <algorithm>

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
    kLogBegun = 7,
    kDescribeGroup = 8,
    kHoldsPart = 9,
    kLogEnded = 10,
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
    void operator()(const edit::HoldsPart& each) const {
        begin(Kind::kHoldsPart);
        out.write(each.id);
        out.write(each.part.number);
        out.write(each.part.count);
    }
    void operator()(const edit::LogBegun& each) const {
        begin(Kind::kLogBegun);
        out.write(each.log_number);
        out.write(each.head_id);
        out.write(each.file_bytes);
    }
    void operator()(const edit::LogEnded& each) const {
        begin(Kind::kLogEnded);
        out.write(each.head_id);
        out.write(each.frames);
    }
    void operator()(const edit::DescribeGroup& each) const {
        begin(Kind::kDescribeGroup);
        out.write(each.group);
        out.write_text(each.facts.database);
        out.write_text(each.facts.policy);
        out.write(each.facts.range.begin);
        out.write(each.facts.range.end);
        out.write(each.facts.policy_duration_ns);
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

ManifestEdit read_group(ByteReader& reader) {
    edit::DescribeGroup each;
    each.group = reader.read<std::uint64_t>();
    each.facts.database = reader.read_text();
    each.facts.policy = reader.read_text();
    each.facts.range.begin = reader.read<std::int64_t>();
    each.facts.range.end = reader.read<std::int64_t>();
    each.facts.policy_duration_ns = reader.read<std::int64_t>();
    return each;
}

// False when the payload is not a list of edits.
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
            case Kind::kLogBegun: {
                edit::LogBegun each;
                each.log_number = reader.read<std::uint64_t>();
                each.head_id = reader.read<std::uint64_t>();
                each.file_bytes = reader.read<std::uint64_t>();
                edits.push_back(each);
                break;
            }
            case Kind::kLogEnded: {
                edit::LogEnded each;
                each.head_id = reader.read<std::uint64_t>();
                each.frames = reader.read<std::uint64_t>();
                edits.push_back(each);
                break;
            }
            case Kind::kDescribeGroup:
                edits.push_back(read_group(reader));
                break;
            case Kind::kHoldsPart: {
                edit::HoldsPart each;
                each.id = reader.read<std::uint64_t>();
                each.part.number = reader.read<std::uint16_t>();
                each.part.count = reader.read<std::uint16_t>();
                if (each.part.number >= each.part.count) return false;
                edits.push_back(each);
                break;
            }
            default:
                return false;
        }
    }
    return reader.ok();
}

}  // namespace

void append_segment_edits(const SegmentRecord& segment, std::vector<ManifestEdit>& edits) {
    edits.push_back(edit::AddSegment{segment});
    if (segment.deletes_applied != 0) {
        edits.push_back(edit::DeletesApplied{segment.id, segment.deletes_applied});
    }
    if (!segment.part.is_any()) edits.push_back(edit::HoldsPart{segment.id, segment.part});
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

namespace {

// One record as a file holds it.
struct RecordView {
    std::uint16_t version = 0;
    std::uint64_t number = 0;
    std::uint64_t previous_hash = 0;
    std::uint64_t hash = 0;
    std::uint64_t bytes = 0;  // padding included
    std::vector<ManifestEdit> edits;
};

enum class RecordState : std::uint8_t { kNothing, kBroken, kWhole, kUnsupported };

RecordState read_record(ByteSpan bytes, std::uint64_t offset, RecordView& record) {
    if (offset > bytes.size() || bytes.size() - offset < kDirectIoAlignment) {
        return RecordState::kNothing;
    }
    const std::byte* header = bytes.data() + offset;
    if (load_le<std::uint32_t>(header) != kManifestMagic) return RecordState::kNothing;
    const auto header_crc = load_le<std::uint32_t>(header + 44);
    if (crc32c({header, kManifestHeaderBytes - 4}) != header_crc) return RecordState::kBroken;
    const auto version = load_le<std::uint16_t>(header + 4);
    if (version < kManifestVersionMin || version > kManifestVersion) {
        return RecordState::kUnsupported;
    }
    record.version = version;
    record.number = load_le<std::uint64_t>(header + 8);
    record.previous_hash = load_le<std::uint64_t>(header + 16);
    const auto payload_bytes = load_le<std::uint64_t>(header + 24);
    if (payload_bytes > bytes.size() - offset - kManifestHeaderBytes) return RecordState::kBroken;
    const ByteSpan payload = bytes.subspan(offset + kManifestHeaderBytes, payload_bytes);
    const auto payload_crc = load_le<std::uint32_t>(header + 32);
    if (crc32c(payload) != payload_crc) return RecordState::kBroken;
    record.edits.clear();
    if (!read_edits(payload, record.edits)) return RecordState::kBroken;
    record.hash = std::uint64_t{header_crc} << 32 | payload_crc;
    record.bytes = align_up(kManifestHeaderBytes + payload_bytes);
    return RecordState::kWhole;
}

struct EditNames {
    std::set<std::uint64_t>& named;
    void operator()(const edit::AddSegment& each) const { named.insert(each.segment.id); }
    void operator()(const edit::RemoveSegment& each) const { named.insert(each.id); }
    template <typename T>
    void operator()(const T&) const {}
};

void apply_record(const RecordView& record, ManifestContent& content) {
    if (record.number == 1) {
        content.version = record.version;
        content.first_segment_id = std::get<edit::Identity>(record.edits.front()).next_segment_id;
    }
    for (const ManifestEdit& each : record.edits) {
        std::visit(EditNames{content.named}, each);
        content.state.apply(each);
    }
    content.hash = record.hash;
}

// The next record of the chain, from the copy that has it whole. kWhole, or the better state of
// the two.
RecordState next_record(ByteSpan bytes, ByteSpan copy, const ManifestContent& content,
                        RecordView& record, bool& only_one) {
    RecordState best = RecordState::kNothing;
    bool found = false;
    only_one = false;
    for (const ByteSpan each : {bytes, copy}) {
        RecordView view;
        RecordState state = read_record(each, content.end, view);
        if (state == RecordState::kUnsupported) return state;
        const bool begins =
            content.records != 0 ||
            (!view.edits.empty() && std::holds_alternative<edit::Identity>(view.edits.front()));
        const bool follows =
            view.number == content.records + 1 && view.previous_hash == content.hash && begins;
        if (state == RecordState::kWhole && !follows) state = RecordState::kBroken;
        if (state == RecordState::kWhole) {
            only_one = !found;
            if (!found) record = std::move(view);
            found = true;
        } else if (found) {
            only_one = true;
        }
        best = std::max(best, state);
    }
    return found ? RecordState::kWhole : best;
}

// Whole records behind the place where the chain broke, by number: each was begun when those
// before it were durable.
std::map<std::uint64_t, RecordView> find_behind(ByteSpan bytes, ByteSpan copy,
                                                const ManifestContent& content) {
    std::map<std::uint64_t, RecordView> behind;
    for (const ByteSpan each : {bytes, copy}) {
        for (std::uint64_t at = content.end; at < each.size(); at += kDirectIoAlignment) {
            RecordView view;
            if (read_record(each, at, view) != RecordState::kWhole) continue;
            if (view.number > content.records) behind.try_emplace(view.number, std::move(view));
        }
    }
    return behind;
}

}  // namespace

Result<ManifestContent> parse_manifest(ByteSpan bytes, ByteSpan copy) {
    ManifestContent content;
    RecordView record;
    bool only_one = false;
    std::uint64_t mended_last = 0;
    RecordState state = RecordState::kNothing;
    for (;;) {
        state = next_record(bytes, copy, content, record, only_one);
        if (state != RecordState::kWhole) break;
        apply_record(record, content);
        content.end += record.bytes;
        ++content.records;
        // A write to the other copy may have been on its way when the power failed.
        content.records_mended += mended_last;
        mended_last = only_one && !copy.empty() && !bytes.empty() ? 1 : 0;
    }
    if (state == RecordState::kUnsupported) {
        return Error{ErrorKind::kUnsupported, "manifest of a newer version"};
    }
    if (content.records == 0) {
        return Error{ErrorKind::kCorrupt, "the manifest does not begin with an intact record"};
    }
    content.torn = state == RecordState::kBroken;
    std::uint64_t last = content.records;
    for (auto& [number, view] : find_behind(bytes, copy, content)) {
        content.records_lost += number - last - 1;
        last = number;
        apply_record(view, content);
    }
    content.broken = last != content.records;
    if (content.broken) content.torn = false;
    content.records = last;
    return content;
}

}  // namespace sluice::storage
