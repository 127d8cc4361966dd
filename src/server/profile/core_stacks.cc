#include "server/profile/core_stacks.h"

#include <algorithm>
#include <memory>

#include "sluice/io/mailbox.h"

namespace sluice::server {
namespace {

constexpr std::int64_t kSliceNs = 250 * kMillisecondNs;
// A core that sleeps in the kernel is woken by the signal, one that is at work is interrupted.
constexpr std::int64_t kAnswerNs = 20 * kMillisecondNs;

// A sampler for each core, made and destroyed there.
class CoreSamplers {
public:
    explicit CoreSamplers(std::size_t cores) : samplers_(cores) {}

    // period 0: without a timer.
    io::Task<Result<void>> arm(std::size_t samples_max, std::int64_t period_ns) {
        for (std::uint32_t core = 0; core < samplers_.size(); ++core) {
            const auto arm_here = [this, core, samples_max, period_ns]() -> Result<void> {
                SLUICE_TRY(samplers_[core], io::StackSampler::arm(samples_max));
                if (period_ns == 0) return {};
                return samplers_[core]->start_timer(period_ns);
            };
            const Result<void> armed = co_await io::call_on(core, arm_here);
            if (!armed.ok()) co_return armed.error();
        }
        co_return Result<void>();
    }

    void poke_all() const {
        for (const auto& sampler : samplers_) sampler->poke();
    }

    // Also after arm() has failed in the middle.
    io::Task<std::vector<io::StackSample>> take() {
        std::vector<io::StackSample> all;
        for (std::uint32_t core = 0; core < samplers_.size(); ++core) {
            const auto take_here = [this, core] {
                std::vector<io::StackSample> samples;
                if (samplers_[core] != nullptr) samples = samplers_[core]->samples();
                samplers_[core].reset();
                return samples;
            };
            const std::vector<io::StackSample> samples = co_await io::call_on(core, take_here);
            all.insert(all.end(), samples.begin(), samples.end());
        }
        co_return all;
    }

private:
    std::vector<std::unique_ptr<io::StackSampler>> samplers_;
};

}  // namespace

io::Task<Result<std::vector<io::StackSample>>> sample_cpu(CoreServices& here,
                                                          std::int64_t duration_ns,
                                                          const bool& ended) {
    CoreSamplers samplers(here.shared.cores.size());
    const auto samples_max = static_cast<std::size_t>(duration_ns / kCpuPeriodNs) + 16;
    const Result<void> armed = co_await samplers.arm(samples_max, kCpuPeriodNs);
    const std::int64_t end_ns = here.reactor.precise_ns() + duration_ns;
    bool going_on = armed.ok();
    while (going_on && !ended) {
        const std::int64_t left_ns = end_ns - here.reactor.precise_ns();
        if (left_ns <= 0) break;
        going_on = co_await here.reactor.sleep_ns(std::min(left_ns, kSliceNs));
    }
    std::vector<io::StackSample> samples = co_await samplers.take();
    if (!armed.ok()) co_return armed.error();
    co_return std::move(samples);
}

io::Task<Result<std::vector<io::StackSample>>> look_at_cores(CoreServices& here) {
    CoreSamplers samplers(here.shared.cores.size());
    const Result<void> armed = co_await samplers.arm(1, 0);
    if (armed.ok()) {
        samplers.poke_all();
        co_await here.reactor.sleep_ns(kAnswerNs);
    }
    std::vector<io::StackSample> samples = co_await samplers.take();
    if (!armed.ok()) co_return armed.error();
    co_return std::move(samples);
}

}  // namespace sluice::server
