// Reading the metadata of a Parquet file: the reverse of parquet_metadata.cc, for damaged bytes
// too.
#include <algorithm>

#include "lake/compact_protocol.h"
#include "lake/physical_type.h"
#include "sluice/lake/parquet_metadata.h"

namespace sluice::lake {
namespace {

// One element of the schema as the file has it.
struct Element {
    std::int64_t physical = -1;
    std::int64_t repetition = 0;
    std::int64_t children = 0;
    std::int64_t converted = -1;
    std::string name;
};

Element read_element(CompactReader& in) {
    Element element;
    in.read_struct([&](int id, CompactType type) {
        std::int64_t* const number = id == 1   ? &element.physical
                                     : id == 3 ? &element.repetition
                                     : id == 5 ? &element.children
                                     : id == 6 ? &element.converted
                                               : nullptr;
        if (number != nullptr && type == CompactType::kI32) {
            *number = in.read_integer();
            return true;
        }
        if (id != 4 || type != CompactType::kBinary) return false;
        element.name = in.read_text();
        return true;
    });
    return element;
}

// None: no column of Sluice's.
std::optional<ParquetColumn> column_of(Element element) {
    for (int i = 0; i <= static_cast<int>(ParquetType::kString); ++i) {
        const auto type = static_cast<ParquetType>(i);
        if (physical_type_of(type) != element.physical) continue;
        // Times are told from other integers by what they are converted to.
        if ((type == ParquetType::kTime) != (element.converted == 10)) continue;
        return ParquetColumn{std::move(element.name), type, element.repetition == 0};
    }
    return std::nullopt;
}

void read_statistics(CompactReader& in, ParquetChunk& chunk) {
    in.read_struct([&](int id, CompactType type) {
        if (id == 3 && type == CompactType::kI64) {
            chunk.nulls = static_cast<std::uint64_t>(in.read_integer());
        } else if (id == 5 && type == CompactType::kBinary) {
            chunk.max = in.read_text();
        } else if (id == 6 && type == CompactType::kBinary) {
            chunk.min = in.read_text();
        } else {
            return false;
        }
        return true;
    });
}

void read_page_count(CompactReader& in, ParquetChunk& chunk) {
    std::int64_t encoding = 0;
    std::int64_t count = 0;
    in.read_struct([&](int id, CompactType type) {
        if (type != CompactType::kI32 || (id != 2 && id != 3)) return false;
        (id == 2 ? encoding : count) = in.read_integer();
        return true;
    });
    if (encoding == static_cast<std::int64_t>(ParquetEncoding::kDictionary)) {
        chunk.dictionary_pages = static_cast<std::uint32_t>(count);
    } else {
        chunk.encoding = static_cast<ParquetEncoding>(encoding);
        chunk.other_pages = static_cast<std::uint32_t>(count);
    }
}

void read_chunk_metadata(CompactReader& in, ParquetChunk& chunk) {
    std::uint64_t data_offset = 0;
    in.read_struct([&](int id, CompactType type) {
        std::uint64_t* const number = id == 5    ? &chunk.rows
                                      : id == 6  ? &chunk.unpacked_bytes
                                      : id == 7  ? &chunk.size_bytes
                                      : id == 9  ? &data_offset
                                      : id == 11 ? &chunk.offset
                                                 : nullptr;
        if (number != nullptr && type == CompactType::kI64) {
            *number = static_cast<std::uint64_t>(in.read_integer());
        } else if (id == 12 && type == CompactType::kStruct) {
            read_statistics(in, chunk);
        } else if (id == 13 && type == CompactType::kList) {
            in.read_list(CompactType::kStruct, [&] { read_page_count(in, chunk); });
        } else {
            return false;
        }
        return true;
    });
    // Nothing lies at 0 but the mark of the file.
    if (chunk.offset != 0) {
        chunk.dictionary_bytes = data_offset - chunk.offset;
    } else {
        chunk.offset = data_offset;
    }
}

ParquetRowGroup read_group(CompactReader& in) {
    ParquetRowGroup group;
    in.read_struct([&](int id, CompactType type) {
        if (id == 3 && type == CompactType::kI64) {
            group.rows = static_cast<std::uint64_t>(in.read_integer());
            return true;
        }
        if (id != 1 || type != CompactType::kList) return false;
        in.read_list(CompactType::kStruct, [&] {
            ParquetChunk& chunk = group.chunks.emplace_back();
            in.read_struct([&](int inner, CompactType kind) {
                if (inner != 3 || kind != CompactType::kStruct) return false;
                read_chunk_metadata(in, chunk);
                return true;
            });
        });
        return true;
    });
    return group;
}

std::pair<std::string, std::string> read_property(CompactReader& in) {
    std::pair<std::string, std::string> property;
    in.read_struct([&](int id, CompactType type) {
        if ((id != 1 && id != 2) || type != CompactType::kBinary) return false;
        (id == 1 ? property.first : property.second) = in.read_text();
        return true;
    });
    return property;
}

Error damaged(const char* what) {
    return {ErrorKind::kCorrupt, std::string("the metadata of a Parquet file: ") + what};
}

Result<void> take_columns(std::vector<Element> elements, ParquetMetadata& metadata) {
    if (elements.empty()) return damaged("there is no schema");
    const bool is_flat = std::all_of(elements.begin() + 1, elements.end(),
                                     [](const Element& each) { return each.children == 0; });
    for (std::size_t i = 1; i < elements.size(); ++i) {
        std::optional<ParquetColumn> column = column_of(std::move(elements[i]));
        if (!is_flat || !column) {
            return Error{ErrorKind::kUnsupported,
                         "a Parquet file with columns that Sluice does not write"};
        }
        metadata.columns.push_back(*std::move(column));
    }
    return {};
}

}  // namespace

Result<ParquetMetadata> parse_parquet_metadata(ByteSpan bytes) {
    ParquetMetadata metadata;
    std::vector<Element> elements;
    std::uint64_t rows = 0;
    CompactReader in(bytes);
    in.read_struct([&](int id, CompactType type) {
        if (id == 2 && type == CompactType::kList) {
            in.read_list(CompactType::kStruct, [&] { elements.push_back(read_element(in)); });
        } else if (id == 3 && type == CompactType::kI64) {
            rows = static_cast<std::uint64_t>(in.read_integer());
        } else if (id == 4 && type == CompactType::kList) {
            in.read_list(CompactType::kStruct, [&] { metadata.groups.push_back(read_group(in)); });
        } else if (id == 5 && type == CompactType::kList) {
            in.read_list(CompactType::kStruct,
                         [&] { metadata.properties.push_back(read_property(in)); });
        } else if (id == 6 && type == CompactType::kBinary) {
            metadata.creator = in.read_text();
        } else {
            return false;
        }
        return true;
    });
    if (!in.ok() || in.position() != bytes.size()) return damaged("they cannot be read");
    SLUICE_TRY_VOID(take_columns(std::move(elements), metadata));
    for (const ParquetRowGroup& group : metadata.groups) {
        if (group.chunks.size() != metadata.columns.size()) {
            return damaged("a row group has other columns than the schema");
        }
    }
    if (rows != metadata.rows()) return damaged("the counts of rows contradict each other");
    return metadata;
}

}  // namespace sluice::lake
