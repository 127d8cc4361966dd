#include "storage/segment/segment_series_page.h"

#include <algorithm>
#include <cstring>
#include <numeric>

#include "sluice/base/check.h"
#include "sluice/base/hash.h"
#include "sluice/codec/word_stream.h"
#include "storage/segment/segment_format.h"

namespace sluice::storage {
namespace {

constexpr std::uint8_t kWholeKeys = 0x01;
// Ids of a page (tags times series) at most. A page that would pass it, every series having tags of
// its own, stores whole keys.
constexpr std::size_t kPageIdsMax = 4 * 1024 * 1024;
// Text of one dictionary at most: the keys of a full page, and the last one of them.
constexpr std::size_t kDictionaryBytesMax = 2 * kSeriesPageKeyBytesMax;

// The first `what` in `text` from `begin` on that no backslash precedes; text.size() without one.
std::size_t find_unescaped(std::string_view text, char what, std::size_t begin) {
    for (std::size_t i = begin; i < text.size(); ++i) {
        if (text[i] == what) return i;
        if (text[i] == '\\') ++i;
    }
    return text.size();
}

bool has_escape(std::string_view text) {
    return text.find('\\') != std::string_view::npos;
}

std::size_t common_prefix(std::string_view a, std::string_view b) {
    const std::size_t most = std::min(a.size(), b.size());
    return static_cast<std::size_t>(
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(most), b.begin()).first -
        a.begin());
}

// Distinct values of one tag while a page is built. Views point into the builder's keys.
struct TagDictionary {
    std::string_view key;
    std::vector<std::string_view> values;
    std::vector<std::uint32_t> slots;  // 0: free, else 1 + index into values
    std::vector<std::uint64_t> ids;    // per series: 0, or 1 + index into values
    std::uint64_t last_id = 0;

    void set(std::size_t series, std::string_view value) {
        // Neighbours in key order share most of their tags.
        if (last_id == 0 || values[last_id - 1] != value) last_id = find_or_add(value) + 1;
        ids.resize(series, 0);
        ids.push_back(last_id);
    }

    std::size_t find_or_add(std::string_view value) {
        if (values.size() * 2 >= slots.size()) grow();
        std::size_t slot = hash_bytes(value) & (slots.size() - 1);
        while (slots[slot] != 0) {
            if (values[slots[slot] - 1] == value) return slots[slot] - 1;
            slot = (slot + 1) & (slots.size() - 1);
        }
        values.push_back(value);
        slots[slot] = static_cast<std::uint32_t>(values.size());
        return values.size() - 1;
    }

    void grow() {
        slots.assign(std::max<std::size_t>(16, slots.size() * 4), 0);
        for (std::size_t i = 0; i < values.size(); ++i) {
            std::size_t slot = hash_bytes(values[i]) & (slots.size() - 1);
            while (slots[slot] != 0) slot = (slot + 1) & (slots.size() - 1);
            slots[slot] = static_cast<std::uint32_t>(i + 1);
        }
    }

    // Orders the values, and renumbers the ids of `series_count` series.
    void sort(std::size_t series_count) {
        ids.resize(series_count, 0);
        if (std::is_sorted(values.begin(), values.end())) return;
        std::vector<std::uint32_t> order(values.size());
        std::iota(order.begin(), order.end(), 0);
        std::sort(order.begin(), order.end(),
                  [this](auto a, auto b) { return values[a] < values[b]; });
        std::vector<std::string_view> sorted(values.size());
        std::vector<std::uint64_t> renumbered(values.size() + 1, 0);
        for (std::size_t i = 0; i < order.size(); ++i) {
            sorted[i] = values[order[i]];
            renumbered[order[i] + 1] = i + 1;
        }
        values = std::move(sorted);
        for (std::uint64_t& id : ids) id = renumbered[id];
    }
};

}  // namespace

struct SeriesPageBuilder::Impl {
    std::string text;  // the keys, one after the other
    std::vector<std::uint32_t> ends;
    std::vector<TagDictionary> tags;
    codec::WordStreamEncoder streams;
    std::vector<std::uint64_t> shared;
    std::vector<std::uint64_t> suffixes;

    std::string_view key(std::size_t i) const {
        const std::uint32_t begin = i == 0 ? 0 : ends[i - 1];
        return std::string_view(text).substr(begin, ends[i] - begin);
    }

    TagDictionary* tag_of(std::string_view tag_key, std::size_t expected) {
        if (expected < tags.size() && tags[expected].key == tag_key) return &tags[expected];
        for (TagDictionary& tag : tags) {
            if (tag.key == tag_key) return &tag;
        }
        if ((tags.size() + 1) * ends.size() > kPageIdsMax) return nullptr;
        tags.emplace_back().key = tag_key;
        return &tags.back();
    }

    // Takes apart what follows the measurement in key `series`. False when that would not give the
    // same bytes back: tags out of order, twice, or without a value.
    bool add_tags(std::size_t series, std::string_view rest) {
        std::string_view previous;
        std::size_t expected = 0;
        while (!rest.empty()) {
            const std::size_t end = find_unescaped(rest, ',', 1);
            const std::string_view tag = rest.substr(1, end - 1);
            rest.remove_prefix(end);
            const std::size_t equals = find_unescaped(tag, '=', 0);
            if (equals == tag.size() || equals == 0) return false;
            const std::string_view tag_key = tag.substr(0, equals);
            if (!(previous < tag_key)) return false;
            previous = tag_key;
            TagDictionary* dictionary = tag_of(tag_key, expected);
            if (dictionary == nullptr) return false;
            dictionary->set(series, tag.substr(equals + 1));
            expected = static_cast<std::size_t>(dictionary - tags.data()) + 1;
        }
        return true;
    }

    bool split_keys(std::string_view prefix) {
        for (std::size_t i = 0; i < ends.size(); ++i) {
            const std::string_view whole = key(i);
            if (!whole.starts_with(prefix)) return false;
            const std::string_view rest = whole.substr(prefix.size());
            if (!rest.empty() && rest[0] != ',') return false;
            if (!add_tags(i, rest)) return false;
        }
        std::sort(tags.begin(), tags.end(),
                  [](const auto& a, const auto& b) { return a.key < b.key; });
        return true;
    }

    void take_whole_keys() {
        tags.clear();
        TagDictionary& whole = tags.emplace_back();
        for (std::size_t i = 0; i < ends.size(); ++i) {
            whole.values.push_back(key(i));
            whole.ids.push_back(i + 1);
        }
    }

    void write_tag(TagDictionary& tag, ByteWriter& out) {
        tag.sort(ends.size());
        out.write_text(tag.key);
        out.write_varint(tag.values.size());
        shared.clear();
        suffixes.clear();
        std::string_view previous;
        for (const std::string_view value : tag.values) {
            shared.push_back(common_prefix(previous, value));
            suffixes.push_back(value.size() - shared.back());
            previous = value;
        }
        streams.append(shared, out);
        streams.append(suffixes, out);
        for (std::size_t i = 0; i < tag.values.size(); ++i) {
            out.write_span(as_byte_span(tag.values[i].substr(shared[i])));
        }
        streams.append(tag.ids, out);
    }
};

SeriesPageBuilder::SeriesPageBuilder() : impl_(std::make_unique<Impl>()) {}
SeriesPageBuilder::~SeriesPageBuilder() = default;

void SeriesPageBuilder::add(std::string_view key) {
    SLUICE_CHECK(key.size() <= kSeriesPageKeyBytesMax);
    impl_->text.append(key);
    impl_->ends.push_back(static_cast<std::uint32_t>(impl_->text.size()));
}

std::uint32_t SeriesPageBuilder::series_count() const {
    return static_cast<std::uint32_t>(impl_->ends.size());
}

bool SeriesPageBuilder::full() const {
    return series_count() >= kSeriesPageSeriesMax || impl_->text.size() >= kSeriesPageKeyBytesMax;
}

std::string_view SeriesPageBuilder::first_key() const {
    return impl_->key(0);
}

void SeriesPageBuilder::write(ByteWriter& out) {
    Impl& page = *impl_;
    SLUICE_CHECK(!page.ends.empty());
    const std::size_t start = out.size();
    const std::string_view first = page.key(0);
    std::string_view prefix = first.substr(0, find_unescaped(first, ',', 0));
    page.tags.clear();
    const bool whole_keys = !page.split_keys(prefix);
    if (whole_keys) {
        page.take_whole_keys();
        prefix = {};
    }
    out.write(static_cast<std::uint8_t>(whole_keys ? kWholeKeys : 0));
    out.write_text(prefix);
    out.write_varint(page.tags.size());
    for (TagDictionary& tag : page.tags) page.write_tag(tag, out);
    seal(out, start);
    page.text.clear();
    page.ends.clear();
    page.tags.clear();
}

// Reads the values of one tag, each as the bytes that it shares with the one before and the rest,
// and then one number per series: 0 says that the series does not have the tag, and other numbers
// count the values from 1. Every length is compared with what is left before memory is taken for
// it.
bool SeriesPage::parse_tag(ByteReader& in, std::uint32_t series_count, TagColumn& tag) {
    tag.key = in.read_text();
    const std::uint64_t values = in.read_varint();
    if (!in.ok() || values == 0 || values > series_count) return false;
    std::vector<std::uint64_t> shared(values);
    std::vector<std::uint64_t> suffixes(values);
    if (!codec::read_word_stream(in, shared) || !codec::read_word_stream(in, suffixes)) {
        return false;
    }
    std::size_t previous_begin = 0;
    for (std::size_t i = 0; i < values; ++i) {
        const std::size_t begin = tag.text.size();
        if (shared[i] > begin - previous_begin) return false;
        const std::string_view suffix = as_text(in.read_span(suffixes[i]));
        if (!in.ok() || begin + shared[i] + suffix.size() > kDictionaryBytesMax) return false;
        tag.text.append(tag.text, previous_begin, shared[i]).append(suffix);
        tag.ends.push_back(static_cast<std::uint32_t>(tag.text.size()));
        previous_begin = begin;
    }
    tag.ids.resize_uninitialized(series_count);
    if (!codec::read_word_stream(in, {tag.ids.data(), series_count})) return false;
    for (const std::uint64_t id : tag.ids) {
        if (id > values) return false;
    }
    return true;
}

// The bytes come from disk and have passed their checksum. They are checked once more against each
// other, because a page that contradicts itself must not lead to a read behind its end.
Result<SeriesPage> SeriesPage::parse(ByteSpan bytes, std::uint32_t first_series,
                                     std::uint32_t series_count) {
    const ByteSpan body = unseal(bytes);
    if (body.empty()) return Error{ErrorKind::kCorrupt, "series page: checksum does not match"};
    const Error damaged{ErrorKind::kCorrupt, "series page: contradicts itself"};
    if (series_count == 0 || series_count > kSeriesPageSeriesMax) return damaged;
    SeriesPage page;
    page.first_series_ = first_series;
    page.series_count_ = series_count;
    ByteReader in(body);
    const auto flags = in.read<std::uint8_t>();
    page.whole_keys_ = (flags & kWholeKeys) != 0;
    page.prefix_ = in.read_text();
    // A comma behind a backslash does not end a measurement, however many stand before it.
    page.has_escapes_ = page.prefix_.ends_with('\\');
    const std::uint64_t tags = in.read_varint();
    if (!in.ok() || (flags & ~kWholeKeys) != 0 || tags > kPageIdsMax / series_count ||
        tags > in.remaining() || (page.whole_keys_ && tags != 1)) {
        return damaged;
    }
    for (std::uint64_t i = 0; i < tags; ++i) {
        TagColumn& tag = page.tags_.emplace_back();
        if (!parse_tag(in, series_count, tag)) return damaged;
        page.has_escapes_ |= has_escape(tag.key) || has_escape(tag.text);
    }
    if (!in.ok() || in.remaining() != 0) return damaged;
    return page;
}

void SeriesPage::append_key(std::uint32_t i, std::string& out) const {
    SLUICE_CHECK(i < series_count_);
    out.append(prefix_);
    for (const TagColumn& tag : tags_) {
        const std::uint64_t id = tag.ids[i];
        if (id == 0) continue;
        if (!whole_keys_) out.append(1, ',').append(tag.key).append(1, '=');
        out.append(tag.value(id - 1));
    }
}

void SeriesPage::append_keys(std::vector<std::string>& out) const {
    for (std::uint32_t i = 0; i < series_count_; ++i) append_key(i, out.emplace_back());
}

std::int64_t SeriesPage::find(std::string_view key) const {
    std::uint32_t begin = 0;
    std::uint32_t end = series_count_;
    std::string candidate;
    while (begin < end) {
        const std::uint32_t middle = begin + (end - begin) / 2;
        candidate.clear();
        append_key(middle, candidate);
        if (candidate == key) return middle;
        if (candidate < key) {
            begin = middle + 1;
        } else {
            end = middle;
        }
    }
    return -1;
}

std::size_t SeriesPage::memory_bytes() const {
    std::size_t bytes = sizeof *this + prefix_.capacity();
    for (const TagColumn& tag : tags_) {
        bytes += sizeof tag + tag.key.capacity() + tag.text.capacity() + tag.ends.capacity() * 4 +
                 tag.ids.capacity() * 8;
    }
    return bytes;
}

}  // namespace sluice::storage
