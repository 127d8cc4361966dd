// From an error to a status and the words of the API that the client speaks.
#include "server/write/write_refusal.h"

#include "sluice/model/errors.h"

namespace sluice::server {
std::optional<WriteRefusal> refusal_of(const WriteRequest& request, const Error& error) {
    switch (error.kind) {
        case ErrorKind::kNotFound: {
            if (request.api == WriteApi::kV2) {
                return WriteRefusal{404,
                                    "bucket \"" + std::string(request.bucket) + "\" not found"};
            }
            const bool lacks_database = error.code == ErrorCode::kDatabaseNotFound;
            return WriteRefusal{static_cast<std::uint16_t>(lacks_database ? 404 : 500),
                                error.message};
        }
        case ErrorKind::kInvalid:
            return WriteRefusal{400, error.message};
        case ErrorKind::kTooLarge:
            return WriteRefusal{413, error.message};
        default:
            return std::nullopt;
    }
}

std::string_view too_large_text(WriteApi api) {
    return api == WriteApi::kV2 ? "unable to read data: points batch is too large"
                                : model::kBodyTooLarge;
}

}  // namespace sluice::server
