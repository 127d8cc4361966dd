// Errors that several rules of CatalogEditor share, in InfluxDB's words.
#pragma once

#include <string>
#include <string_view>

#include "sluice/base/result.h"

namespace sluice::meta {

inline Error database_not_found(std::string_view name) {
    return {ErrorKind::kNotFound, "database not found: " + std::string(name)};
}
inline Error policy_not_found(std::string_view name) {
    return {ErrorKind::kNotFound, "retention policy not found: " + std::string(name)};
}

}  // namespace sluice::meta
