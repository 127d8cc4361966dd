// The sentences with something to fill in.
#include "sluice/model/errors.h"

namespace sluice::model {

Error database_not_found(std::string_view name) {
    return {ErrorKind::kNotFound, "database not found: " + std::string(name), 0,
            ErrorCode::kDatabaseNotFound};
}

Error retention_policy_not_found(std::string_view name) {
    return {ErrorKind::kNotFound, "retention policy not found: " + std::string(name), 0,
            ErrorCode::kRetentionPolicyNotFound};
}

Error database_name_required() {
    return {ErrorKind::kInvalid, "database name required"};
}

Error user_not_found() {
    return {ErrorKind::kNotFound, "user not found"};
}

Error user_exists() {
    return {ErrorKind::kConflict, "user already exists"};
}

Error user_name_required() {
    return {ErrorKind::kInvalid, "username required"};
}

std::string key_too_long(std::size_t bytes, std::size_t bytes_max) {
    return "max key length exceeded: " + std::to_string(bytes) + " > " + std::to_string(bytes_max);
}

std::string partial_write(std::string_view reason, std::uint64_t dropped) {
    return "partial write: " + std::string(reason) + " dropped=" + std::to_string(dropped);
}

}  // namespace sluice::model
