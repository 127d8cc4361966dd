// Makes a digest of pages of keys.
#include "storage/segment/series_digest.h"

#include <algorithm>

#include "sluice/base/hash.h"
#include "sluice/model/series_key.h"

namespace sluice::storage {

void SeriesDigest::add_page(const SeriesPage& page) {
    FirstOfPage first{{}, static_cast<std::uint32_t>(firsts_.size())};
    std::string key;
    for (std::uint32_t i = 0; i < page.series_count(); ++i) {
        key.clear();
        page.append_key(i, key);
        sample_.add(hash_bytes(key));
        if (i == 0 || model::series_precedes(key, first.key)) first.key = key;
    }
    firsts_.push_back(std::move(first));
}

void SeriesDigest::finish() {
    std::sort(firsts_.begin(), firsts_.end(), [](const FirstOfPage& a, const FirstOfPage& b) {
        return model::series_precedes(a.key, b.key);
    });
}

std::size_t SeriesDigest::memory_bytes() const {
    std::size_t bytes = sizeof(*this) + sample_.memory_bytes();
    for (const FirstOfPage& each : firsts_) bytes += sizeof(each) + each.key.capacity();
    return bytes;
}

}  // namespace sluice::storage
