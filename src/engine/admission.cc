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
    if (others != 0 && !admission.has_room(more)) {
        admission.refused_.add();
        return Error{ErrorKind::kBusy, std::string(model::kTooManyBytesInFlight)};
    }
    admission.in_flight_.add(more);
    bytes_ = bytes;
    return {};
}

void Permit::release() {
    if (admission_ == nullptr) return;
    SLUICE_CHECK(admission_->in_flight_.value() >= bytes_);
    admission_->in_flight_.subtract(bytes_);
    admission_ = nullptr;
    bytes_ = 0;
}

Result<Permit> Admission::try_admit(std::uint64_t bytes) {
    if (low_space_) {
        refused_.add();
        return Error{ErrorKind::kNoSpace, "not enough free disk space for writes"};
    }
    return try_admit_read(bytes);
}

Result<Permit> Admission::try_admit_read(std::uint64_t bytes) {
    if (!has_room(bytes)) {
        refused_.add();
        return Error{ErrorKind::kBusy, std::string(model::kTooManyBytesInFlight)};
    }
    in_flight_.add(bytes);
    return Permit(this, bytes);
}

unsigned Admission::retry_after_s() const {
    // A full budget empties within a commit or two; space takes a human or a retention check.
    return low_space_ ? 10 : 1;
}

}  // namespace sluice::engine
