#include "server/prometheus/remote_request.h"

#include <protozero/pbf_reader.hpp>
#include <string>

namespace sluice::server {
namespace {

using protozero::pbf_reader;
using protozero::pbf_wire_type;

constexpr auto kBytes = pbf_wire_type::length_delimited;
constexpr auto kVarint = pbf_wire_type::varint;
constexpr auto kFixed = pbf_wire_type::fixed64;

// Whether the field at hand is number `tag` and is written as this one is.
// A field of a known number that is written in another way is passed over like an unknown one: so a
// later version of the messages can be read.
bool is_field(const pbf_reader& reader, std::uint32_t tag, pbf_wire_type type) {
    return reader.tag() == tag && reader.wire_type() == type;
}

std::string_view text_of(pbf_reader& reader) {
    const protozero::data_view view = reader.get_view();
    return {view.data(), view.size()};
}

pbf_reader reader_of(ByteSpan message) {
    return {reinterpret_cast<const char*>(message.data()), message.size()};
}

// protozero throws where a message is cut, or has a tag or a length that cannot be.
template <typename F>
Result<void> guarded(F&& read) {
    try {
        read();
    } catch (const protozero::exception& error) {
        return Error{ErrorKind::kInvalid,
                     std::string("proto: the message is broken: ") + error.what()};
    }
    return {};
}

// Views are into the message, which is the unpacked body and outlives what is read here.
RemoteLabel read_label(pbf_reader label) {
    RemoteLabel read;
    while (label.next()) {
        if (is_field(label, 1, kBytes)) {
            read.name = text_of(label);
        } else if (is_field(label, 2, kBytes)) {
            read.value = text_of(label);
        } else {
            label.skip();
        }
    }
    return read;
}

RemoteSample read_sample(pbf_reader sample) {
    RemoteSample read;
    while (sample.next()) {
        if (is_field(sample, 1, kFixed)) {
            read.value = sample.get_double();
        } else if (is_field(sample, 2, kVarint)) {
            read.time_ms = sample.get_int64();
        } else {
            sample.skip();
        }
    }
    return read;
}

void read_series(pbf_reader message, RemoteSeries& series) {
    series.labels.clear();
    series.samples.clear();
    while (message.next()) {
        if (is_field(message, 1, kBytes)) {
            series.labels.push_back(read_label(message.get_message()));
        } else if (is_field(message, 2, kBytes)) {
            series.samples.push_back(read_sample(message.get_message()));
        } else {
            message.skip();
        }
    }
}

// A kind of match that is not known must not be passed over: the answer would hold series that were
// not asked for.
RemoteMatcher read_matcher(pbf_reader message, bool& is_known) {
    RemoteMatcher matcher;
    while (message.next()) {
        if (is_field(message, 1, kVarint)) {
            const std::uint64_t kind = message.get_uint64();
            is_known = is_known && kind <= 3;
            matcher.kind = static_cast<RemoteMatcher::Kind>(kind & 3);
        } else if (is_field(message, 2, kBytes)) {
            matcher.name = text_of(message);
        } else if (is_field(message, 3, kBytes)) {
            matcher.value = text_of(message);
        } else {
            message.skip();
        }
    }
    return matcher;
}

RemoteQuery read_query(pbf_reader message, bool& is_known) {
    RemoteQuery query;
    while (message.next()) {
        if (is_field(message, 1, kVarint)) {
            query.start_ms = message.get_int64();
        } else if (is_field(message, 2, kVarint)) {
            query.end_ms = message.get_int64();
        } else if (is_field(message, 3, kBytes)) {
            query.matchers.push_back(read_matcher(message.get_message(), is_known));
        } else {
            message.skip();
        }
    }
    return query;
}

}  // namespace

// Keeps protozero out of the header.
class WriteRequestReader::Fields : public pbf_reader {
public:
    explicit Fields(ByteSpan message) : pbf_reader(reader_of(message)) {}
};

WriteRequestReader::WriteRequestReader(ByteSpan message)
    : fields_(std::make_unique<Fields>(message)) {}

WriteRequestReader::~WriteRequestReader() = default;

// One series at a time, into the same object, so that a request of a hundred thousand series takes
// the memory of one.
Result<bool> WriteRequestReader::next(RemoteSeries& series) {
    bool found = false;
    SLUICE_TRY_VOID(guarded([&] {
        while (!found && fields_->next()) {
            found = is_field(*fields_, 1, kBytes);
            if (found) {
                read_series(fields_->get_message(), series);
            } else {
                fields_->skip();
            }
        }
    }));
    return found;
}

Result<std::vector<RemoteQuery>> read_queries(ByteSpan message) {
    std::vector<RemoteQuery> queries;
    bool is_known = true;
    SLUICE_TRY_VOID(guarded([&] {
        pbf_reader reader = reader_of(message);
        while (reader.next()) {
            if (is_field(reader, 1, kBytes)) {
                queries.push_back(read_query(reader.get_message(), is_known));
            } else {
                reader.skip();
            }
        }
    }));
    if (!is_known) return Error{ErrorKind::kInvalid, "unknown match type"};
    return queries;
}

}  // namespace sluice::server
