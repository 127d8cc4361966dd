#include "server/lake/lake_state.h"

#include <utility>

#include "sluice/base/zigzag.h"

namespace sluice::server {
namespace {

// The first byte of a record: the place of its type in LakeRecord, JOURNAL_FORMAT.md has the rest.
enum class Kind : std::uint8_t { kIdentity, kPlanned, kPublished, kUnchanged, kForgotten };

void write_signed(ByteWriter& out, std::int64_t number) {
    out.write_varint(zigzag_encode(number));
}
std::int64_t read_signed(ByteReader& in) {
    return zigzag_decode(in.read_varint());
}

void write_key(ByteWriter& out, const PublicationKey& key) {
    out.write_text(key.table.database);
    out.write_text(key.table.policy);
    out.write_text(key.table.measurement);
    out.write_varint(key.group);
}
PublicationKey read_key(ByteReader& in) {
    PublicationKey key;
    key.table.database = in.read_text();
    key.table.policy = in.read_text();
    key.table.measurement = in.read_text();
    key.group = in.read_varint();
    return key;
}

void write_mark(ByteWriter& out, const GroupMark& mark) {
    out.write(mark.segments);
    out.write_varint(mark.deletes);
}
GroupMark read_mark(ByteReader& in) {
    GroupMark mark;
    mark.segments = in.read<std::uint64_t>();
    mark.deletes = in.read_varint();
    return mark;
}

void write_publication(ByteWriter& out, const Publication& publication) {
    out.write_varint(publication.generation);
    write_signed(out, publication.range.begin);
    write_signed(out, publication.range.end);
    write_mark(out, publication.mark);
    out.write_varint(publication.files.size());
    for (const WrittenFile& file : publication.files) {
        write_signed(out, file.day);
        out.write_varint(file.part);
        out.write_varint(file.rows);
        out.write_varint(file.bytes);
        out.write(file.checksum);
    }
}
Publication read_publication(ByteReader& in) {
    Publication publication;
    publication.generation = in.read_varint();
    publication.range.begin = read_signed(in);
    publication.range.end = read_signed(in);
    publication.mark = read_mark(in);
    for (std::uint64_t left = in.read_varint(); left > 0 && in.ok(); --left) {
        WrittenFile file;
        file.day = read_signed(in);
        file.part = static_cast<std::uint32_t>(in.read_varint());
        file.rows = in.read_varint();
        file.bytes = in.read_varint();
        file.checksum = in.read<std::uint32_t>();
        publication.files.push_back(file);
    }
    return publication;
}

void write_names(ByteWriter& out, const std::map<lake::TableName, std::string>& names) {
    out.write_varint(names.size());
    for (const auto& [name, column] : names) {
        out.write(static_cast<std::uint8_t>(name.is_tag));
        out.write_text(name.name);
        out.write(static_cast<std::uint8_t>(name.type));
        out.write_text(column);
    }
}
std::map<lake::TableName, std::string> read_names(ByteReader& in) {
    std::map<lake::TableName, std::string> names;
    for (std::uint64_t left = in.read_varint(); left > 0 && in.ok(); --left) {
        lake::TableName name;
        name.is_tag = in.read<std::uint8_t>() != 0;
        name.name = in.read_text();
        name.type = static_cast<model::FieldType>(in.read<std::uint8_t>());
        names[std::move(name)] = in.read_text();
    }
    return names;
}

struct RecordWriter {
    ByteWriter& out;

    void begin(Kind kind) { out.write(static_cast<std::uint8_t>(kind)); }
    void operator()(const LakeIdentity& record) {
        begin(Kind::kIdentity);
        out.write_text(record.root);
        out.write_text(record.node);
        out.write(record.owner);
    }
    void operator()(const LakePlanned& record) {
        begin(Kind::kPlanned);
        write_key(out, record.key);
        write_publication(out, record.publication);
        write_names(out, record.new_names);
    }
    void operator()(const LakePublished& record) {
        begin(Kind::kPublished);
        write_key(out, record.key);
        out.write_varint(record.generation);
    }
    void operator()(const LakeUnchanged& record) {
        begin(Kind::kUnchanged);
        write_key(out, record.key);
        write_mark(out, record.mark);
    }
    void operator()(const LakeForgotten& record) {
        begin(Kind::kForgotten);
        write_key(out, record.key);
    }
};

}  // namespace

void append_lake_record(const LakeRecord& record, ByteWriter& out) {
    std::visit(RecordWriter{out}, record);
}

bool read_lake_record(ByteReader& in, LakeRecord& out) {
    switch (static_cast<Kind>(in.read<std::uint8_t>())) {
        case Kind::kIdentity: {
            LakeIdentity record;
            record.root = in.read_text();
            record.node = in.read_text();
            record.owner = in.read<std::uint64_t>();
            out = std::move(record);
            break;
        }
        case Kind::kPlanned: {
            LakePlanned record;
            record.key = read_key(in);
            record.publication = read_publication(in);
            record.new_names = read_names(in);
            out = std::move(record);
            break;
        }
        case Kind::kPublished: {
            LakePublished record;
            record.key = read_key(in);
            record.generation = in.read_varint();
            out = std::move(record);
            break;
        }
        case Kind::kUnchanged: {
            LakeUnchanged record;
            record.key = read_key(in);
            record.mark = read_mark(in);
            out = std::move(record);
            break;
        }
        case Kind::kForgotten:
            out = LakeForgotten{read_key(in)};
            break;
        default:
            return false;
    }
    return in.ok() && in.remaining() == 0;
}

void LakeState::apply(const LakeRecord& record) {
    if (const auto* identity = std::get_if<LakeIdentity>(&record)) {
        identity_ = *identity;
    } else if (const auto* planned = std::get_if<LakePlanned>(&record)) {
        entries_[planned->key].planned = planned->publication;
        if (!planned->new_names.empty()) {
            names_[planned->key.table].insert(planned->new_names.begin(), planned->new_names.end());
        }
    } else if (const auto* published = std::get_if<LakePublished>(&record)) {
        const auto found = entries_.find(published->key);
        if (found == entries_.end()) return;
        Entry& entry = found->second;
        if (!entry.planned || entry.planned->generation != published->generation) return;
        entry.published = std::exchange(entry.planned, std::nullopt);
    } else if (const auto* unchanged = std::get_if<LakeUnchanged>(&record)) {
        const auto found = entries_.find(unchanged->key);
        if (found == entries_.end() || !found->second.published) return;
        found->second.published->mark = unchanged->mark;
    } else if (const auto* forgotten = std::get_if<LakeForgotten>(&record)) {
        entries_.erase(forgotten->key);
    }
}

const LakeState::Entry* LakeState::find(const PublicationKey& key) const {
    const auto found = entries_.find(key);
    return found == entries_.end() ? nullptr : &found->second;
}

std::map<lake::TableName, std::string> LakeState::names_of(const TableKey& table) const {
    const auto found = names_.find(table);
    if (found == names_.end()) return {};
    return found->second;
}

// Names stay when the last group of a table is forgotten: the files are still there, and a later
// group has the same columns. They are carried by a plan of nothing, which is forgotten at once.
std::vector<LakeRecord> LakeState::records() const {
    std::vector<LakeRecord> records{identity_};
    for (const auto& [table, names] : names_) {
        const PublicationKey none{table, 0};
        records.push_back(LakePlanned{none, {}, names});
        records.push_back(LakeForgotten{none});
    }
    for (const auto& [key, entry] : entries_) {
        if (entry.published) {
            records.push_back(LakePlanned{key, *entry.published, {}});
            records.push_back(LakePublished{key, entry.published->generation});
        }
        if (entry.planned) records.push_back(LakePlanned{key, *entry.planned, {}});
    }
    return records;
}

}  // namespace sluice::server
