// Reads keys from the pages of a segment's index.
#include "storage/segment/segment_keys.h"

#include <string>

#include "sluice/base/check.h"

namespace sluice::storage {

bool SegmentKeys::let_go() {
    const bool held = is_held();
    is_damaged_ = true;
    return held && index_.page_count() > 1;
}

io::Task<Result<SeriesList>> SegmentKeys::read_batch(std::uint32_t number) const {
    SLUICE_CHECK(number < batch_count());
    if (is_held()) return reader_.read_series(reactor_, measurement_, index_);
    return read_page(number);
}

io::Task<Result<SeriesList>> SegmentKeys::read_page(std::uint32_t number) const {
    SLUICE_CO_TRY(const auto page, co_await reader_.read_series_page(index_, number));
    SeriesList list;
    std::string key;
    for (std::uint32_t i = 0; i < page->series_count(); ++i) {
        key.clear();
        page->append_key(i, key);
        list.add(key);
    }
    co_return list;
}

}  // namespace sluice::storage
