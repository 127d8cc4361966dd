// The pace of a command of `sluice`: as fast as it can, until a signal comes.
#pragma once

#include "server/export/export_pace.h"
#include "server/export/group_export.h"

namespace sluice::server {

class SignalPace : public ExportPace {
public:
    bool is_ended() const override { return is_ended_by_signal(); }
    io::Haste haste() const override { return io::Haste::kAwaited; }
    io::Task<void> rest(std::uint64_t) override { co_return; }
};

}  // namespace sluice::server
