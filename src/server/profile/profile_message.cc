#include "server/profile/profile_message.h"

#include <algorithm>
#include <map>
#include <protozero/pbf_writer.hpp>

#include "server/profile/symbols.h"
#include "sluice/http/gzip_encoder.h"

namespace sluice::server {
namespace {

using protozero::pbf_writer;

// Of a caller, the address is that behind the call, which may belong to the next line or function.
std::uintptr_t called_from(const CountedStack& stack, std::size_t frame) {
    return frame == 0 ? stack.frames[0] : stack.frames[frame] - 1;
}

// Sorted and without repetition, so that an address's place is the number of its location.
std::vector<std::uintptr_t> addresses_of(const std::vector<CountedStack>& stacks) {
    std::vector<std::uintptr_t> all;
    for (const CountedStack& stack : stacks) {
        for (std::size_t i = 0; i < stack.frames.size(); ++i) all.push_back(called_from(stack, i));
    }
    std::ranges::sort(all);
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
}

// Numbers of fields are those of profile.proto.
class MessageWriter {
public:
    MessageWriter(const ProfileHead& head, const std::vector<CountedStack>& stacks)
        : head_(head), stacks_(stacks), addresses_(addresses_of(stacks)), symbols_(addresses_) {}

    std::string write() {
        text_number("");
        for (const ProfileUnit& kind : head_.kinds) unit(1, kind);
        for (const CountedStack& stack : stacks_) sample(stack);
        for (std::size_t i = 0; i < symbols_.modules().size(); ++i) module(i);
        for (std::size_t i = 0; i < addresses_.size(); ++i) location(i);
        functions();
        if (!head_.period_of.type.empty()) unit(11, head_.period_of);
        profile_.add_int64(9, head_.began_wall_ns);
        profile_.add_int64(10, head_.duration_ns);
        profile_.add_int64(12, head_.period);
        for (const std::string& text : texts_) profile_.add_string(6, text);
        return std::move(message_);
    }

private:
    // All texts of a message stand in one table, once each. The first is empty: 0 means "none"
    // everywhere.
    std::int64_t text_number(std::string_view text) {
        const auto [at, is_new] =
            text_numbers_.try_emplace(std::string(text), static_cast<std::int64_t>(texts_.size()));
        if (is_new) texts_.emplace_back(text);
        return at->second;
    }

    // Texts get their numbers before the writer of the inner message is there, because two writers
    // of one buffer would mix.
    void unit(std::uint32_t field, const ProfileUnit& kind) {
        const std::int64_t type = text_number(kind.type);
        const std::int64_t name = text_number(kind.unit);
        pbf_writer writer(profile_, field);
        writer.add_int64(1, type);
        writer.add_int64(2, name);
    }

    std::uint64_t location_number(std::uintptr_t address) const {
        const auto at = std::ranges::lower_bound(addresses_, address);
        return static_cast<std::uint64_t>(at - addresses_.begin()) + 1;
    }

    void sample(const CountedStack& stack) {
        std::vector<std::uint64_t> locations;
        for (std::size_t i = 0; i < stack.frames.size(); ++i) {
            locations.push_back(location_number(called_from(stack, i)));
        }
        std::vector<std::int64_t> values{static_cast<std::int64_t>(stack.count)};
        if (head_.kinds.size() > 1) values.push_back(values.front() * head_.period);
        pbf_writer writer(profile_, 2);
        writer.add_packed_uint64(1, locations.begin(), locations.end());
        writer.add_packed_int64(2, values.begin(), values.end());
    }

    void module(std::size_t number) {
        const CodeModule& code = symbols_.modules()[number];
        const std::int64_t path = text_number(code.path);
        const std::int64_t build_id = text_number(code.build_id);
        pbf_writer writer(profile_, 3);
        writer.add_uint64(1, number + 1);
        writer.add_uint64(2, code.begin);
        writer.add_uint64(3, code.end);
        writer.add_uint64(4, code.file_offset);
        writer.add_int64(5, path);
        writer.add_int64(6, build_id);
        writer.add_bool(7, number == 0);
    }

    void location(std::size_t number) {
        const std::uintptr_t address = addresses_[number];
        const std::string name = symbols_.function_at(address);
        std::uint64_t function = 0;
        if (!name.empty()) {
            function =
                function_numbers_.try_emplace(name, function_numbers_.size() + 1).first->second;
        }
        pbf_writer writer(profile_, 4);
        writer.add_uint64(1, number + 1);
        const int module = symbols_.module_of(address);
        if (module >= 0) writer.add_uint64(2, static_cast<std::uint64_t>(module) + 1);
        writer.add_uint64(3, address);
        if (function == 0) return;
        pbf_writer line(writer, 4);
        line.add_uint64(1, function);
    }

    void functions() {
        for (const auto& [name, number] : function_numbers_) {
            const std::int64_t text = text_number(name);
            pbf_writer writer(profile_, 5);
            writer.add_uint64(1, number);
            writer.add_int64(2, text);
            writer.add_int64(3, text);
        }
    }

    const ProfileHead& head_;
    const std::vector<CountedStack>& stacks_;
    const std::vector<std::uintptr_t> addresses_;
    const Symbols symbols_;
    std::string message_;
    pbf_writer profile_{message_};
    std::vector<std::string> texts_;
    std::map<std::string, std::int64_t> text_numbers_;
    std::map<std::string, std::uint64_t> function_numbers_;
};

}  // namespace

// Equal stacks become one with a count: a profile of ten minutes has thousands of samples of a few
// stacks. The most frequent comes first, for people.
std::vector<CountedStack> counted(const std::vector<io::StackSample>& samples) {
    std::map<std::vector<std::uintptr_t>, std::uint64_t> counts;
    for (const io::StackSample& sample : samples) {
        ++counts[{sample.frames.begin(),
                  sample.frames.begin() + static_cast<std::ptrdiff_t>(sample.depth)}];
    }
    std::vector<CountedStack> stacks;
    for (const auto& [frames, count] : counts) stacks.push_back({frames, count});
    std::ranges::stable_sort(stacks, std::greater(), &CountedStack::count);
    return stacks;
}

std::string profile_message(const ProfileHead& head, const std::vector<CountedStack>& stacks) {
    return MessageWriter(head, stacks).write();
}

std::string profile_text(std::string_view name, const std::vector<CountedStack>& stacks) {
    const Symbols symbols(addresses_of(stacks));
    std::uint64_t total = 0;
    for (const CountedStack& stack : stacks) total += stack.count;
    std::string text = std::string(name) + " profile: total " + std::to_string(total) + '\n';
    for (const CountedStack& stack : stacks) {
        text += std::to_string(stack.count) + " @\n";
        for (std::size_t i = 0; i < stack.frames.size(); ++i) {
            const std::string function = symbols.function_at(called_from(stack, i));
            text += "#\t" + (function.empty() ? std::string("?") : function) + '\n';
        }
        text += '\n';
    }
    return text;
}

std::string gzipped(std::string_view bytes) {
    http::GzipEncoder encoder;
    http::OutputBuffer out;
    encoder.add(bytes, out);
    encoder.finish(out);
    return {out.data(), out.size()};
}

}  // namespace sluice::server
