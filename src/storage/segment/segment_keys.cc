// Reads keys from the pages of a segment's index.
#include "storage/segment/segment_keys.h"

#include <string>

#include "sluice/base/check.h"

namespace sluice::storage {

io::Task<Result<void>> SegmentKeys::prepare() {
    if (choice_ == nullptr || index_.page_count() < kPagesFilteredMin) co_return Result<void>();
    SLUICE_CO_TRY(pages_,
                  co_await reader_.read_tag_pages(reactor_, measurement_, index_, choice_->tag));
    SLUICE_CHECK(pages_->page_count() == index_.page_count());
    co_return Result<void>();
}

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
    PodVector<std::uint32_t> places;
    if (choice_ != nullptr) {
        find_places(*page, *choice_, places);
    } else {
        for (std::uint32_t i = 0; i < page->series_count(); ++i) places.push_back(i);
    }
    SeriesList list;
    std::string key;
    for (const std::uint32_t place : places) {
        key.clear();
        page->append_key(place, key);
        list.add(key);
    }
    co_return list;
}

}  // namespace sluice::storage
