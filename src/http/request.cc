#include "sluice/http/request.h"

namespace sluice::http {
namespace {

char lower(char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}

}  // namespace

void Request::clear() {
    std::vector<HeaderField> kept = std::move(headers);
    *this = Request{};
    kept.clear();
    headers = std::move(kept);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
    if (a.size() != b.size()) return false;
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (lower(a[i]) != lower(b[i])) return false;
    }
    return true;
}

}  // namespace sluice::http
