#include "server/lake/lake_journal.h"

#include <cstdio>
#include <utility>

#include "sluice/base/crc32c.h"
#include "sluice/base/hash.h"

namespace sluice::server {
namespace {

constexpr std::string_view kMagic = "SLLAKE1\n";
constexpr std::size_t kFrameBytes = 8;  // length and checksum before each record

void append_frame(const LakeRecord& record, ByteWriter& out) {
    ByteWriter payload;
    append_lake_record(record, payload);
    out.write(static_cast<std::uint32_t>(payload.size()));
    out.write(crc32c(payload.span()));
    out.write_span(payload.span());
}

Error damaged(const std::string& path) {
    return {ErrorKind::kCorrupt,
            path +
                " is damaged, so what has been published is not known: to publish everything "
                "anew, remove it together with what this node has in the lake"};
}

// Whether some record lies whole in these bytes, wherever it begins: what was cut short has none
// behind it.
bool has_record(ByteSpan bytes) {
    for (; bytes.size() > kFrameBytes; bytes = bytes.subspan(1)) {
        ByteReader in(bytes);
        const auto length = in.read<std::uint32_t>();
        const auto checksum = in.read<std::uint32_t>();
        if (length == 0 || length > in.remaining()) continue;
        const ByteSpan payload = in.read_span(length);
        LakeRecord record;
        ByteReader reader(payload);
        if (crc32c(payload) == checksum && read_lake_record(reader, record)) return true;
    }
    return false;
}

std::string path_without_kind(const std::string& data_directory, const std::string& root,
                              const std::string& node) {
    char name[17];
    std::snprintf(name, sizeof name, "%016llx",
                  static_cast<unsigned long long>(hash_bytes(root + '\n' + node)));
    return journal_folder(data_directory) + "/" + name;
}

}  // namespace

std::string journal_folder(const std::string& data_directory) {
    return data_directory + "/lake";
}

std::string journal_path(const std::string& data_directory, const std::string& root,
                         const std::string& node) {
    return path_without_kind(data_directory, root, node) + ".journal";
}

std::string stage_path(const std::string& data_directory, const std::string& root,
                       const std::string& node) {
    return path_without_kind(data_directory, root, node) + ".stage";
}

Result<LakeState> parse_journal(std::string_view bytes, const std::string& path) {
    if (!bytes.starts_with(kMagic)) return damaged(path);
    ByteReader in(as_byte_span(bytes.substr(kMagic.size())));
    LakeState state;
    bool is_first = true;
    while (in.remaining() >= kFrameBytes) {
        const auto length = in.read<std::uint32_t>();
        const auto checksum = in.read<std::uint32_t>();
        if (length > in.remaining()) {
            if (has_record(in.read_span(in.remaining()))) return damaged(path);
            break;
        }
        const ByteSpan payload = in.read_span(length);
        LakeRecord record;
        ByteReader reader(payload);
        if (crc32c(payload) != checksum || !read_lake_record(reader, record)) {
            if (in.remaining() == 0 && !is_first && !has_record(payload)) break;
            return damaged(path);
        }
        if (is_first && !std::holds_alternative<LakeIdentity>(record)) return damaged(path);
        is_first = false;
        state.apply(record);
    }
    if (is_first) return damaged(path);
    return state;
}

Result<LakeJournal> LakeJournal::open(FileSteps& steps, std::string path, LakeIdentity fresh) {
    Result<std::string> bytes = read_file(path);
    LakeState state;
    if (bytes.ok()) {
        SLUICE_TRY(state, parse_journal(*bytes, path));
    } else if (bytes.error().kind == ErrorKind::kNotFound) {
        state.apply(fresh);
    } else {
        return std::move(bytes).error();
    }
    ByteWriter out;
    out.write_span(as_byte_span(kMagic));
    for (const LakeRecord& record : state.records()) append_frame(record, out);
    SLUICE_TRY_VOID(steps.replace(path, out.span()));
    return LakeJournal(steps, std::move(path), std::move(state));
}

Result<void> LakeJournal::append(const LakeRecord& record) {
    ByteWriter out;
    append_frame(record, out);
    SLUICE_TRY_VOID(steps_->append(path_, out.span()));
    state_.apply(record);
    return {};
}

}  // namespace sluice::server
