#include "sluice/engine/admission.h"

#include <algorithm>

#include "sluice/base/check.h"
#include "sluice/model/errors.h"

namespace sluice::engine {

// A body that is the only one may grow beyond the bound, as one that announces its length may be
// larger from the beginning.
Result<void> Permit::grow_to(std::uint64_t bytes) {
    SLUICE_CHECK(admission_ != nullptr);
    if (bytes <= bytes_) return {};
    Admission& admission = *admission_;
    SLUICE_CHECK(admission.in_flight_.value() >= bytes_);
    const std::uint64_t more = bytes - bytes_;
    const std::uint64_t others = admission.in_flight_.value() - bytes_;
    if (others != 0) {
        if (!admission.has_room(more)) return admission.refuse();
        if (!Admission::has_room(client_, bytes_, more)) return admission.refuse_to_client();
    }
    admission.in_flight_.add(more);
    if (client_ != nullptr) client_->bytes += more;
    bytes_ = bytes;
    return {};
}

void Permit::release() {
    if (admission_ == nullptr) return;
    SLUICE_CHECK(admission_->in_flight_.value() >= bytes_);
    admission_->in_flight_.subtract(bytes_);
    if (client_ != nullptr) {
        SLUICE_CHECK(client_->bytes >= bytes_);
        client_->bytes -= bytes_;
    }
    admission_ = nullptr;
    client_ = nullptr;
    bytes_ = 0;
}

Error Admission::refuse() {
    refused_.add();
    return {ErrorKind::kBusy, std::string(model::kTooManyBytesInFlight)};
}

Error Admission::refuse_to_client() {
    refused_to_client_.add();
    return refuse();
}

Result<Permit> Admission::try_admit(std::uint64_t bytes, ClientBodies* client) {
    if (low_space_) {
        refused_.add();
        return Error{ErrorKind::kNoSpace, "not enough free disk space for writes"};
    }
    return try_admit_read(bytes, client);
}

Result<Permit> Admission::try_admit_read(std::uint64_t bytes, ClientBodies* client) {
    if (!has_room(bytes)) return refuse();
    if (!has_room(client, 0, bytes)) return refuse_to_client();
    in_flight_.add(bytes);
    if (client != nullptr) client->bytes += bytes;
    return Permit(this, client, bytes);
}

unsigned Admission::retry_after_s() const {
    // A full budget empties within a commit or two; space takes a human or a retention check.
    return low_space_ ? 10 : 1;
}

}  // namespace sluice::engine
