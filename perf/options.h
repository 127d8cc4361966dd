// Command line options of the tools in perf/: "--name value", "--name=value" or "--flag".
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace sluice::perf {

// Options are declared with their variable, then parse() fills them. A mistake ends the program
// with the usage text and status 2.
class Options {
public:
    explicit Options(std::string usage) : usage_(std::move(usage)) {}

    void add(std::string name, std::string& target) {
        setters_[std::move(name)] = {true, [&target](const char* text) { target = text; }};
    }
    template <typename Integer>
    void add(std::string name, Integer& target) {
        setters_[std::move(name)] = {true, [&target](const char* text) {
                                         target =
                                             static_cast<Integer>(std::strtoll(text, nullptr, 10));
                                     }};
    }
    void add(std::string name, double& target) {
        setters_[std::move(name)] = {
            true, [&target](const char* text) { target = std::strtod(text, nullptr); }};
    }
    void add(std::string name, bool& target) {
        setters_[std::move(name)] = {false, [&target](const char*) { target = true; }};
    }

    void parse(int argc, char** argv) {
        for (int i = 1; i < argc; ++i) {
            std::string_view argument = argv[i];
            if (!argument.starts_with("--")) fail(argv[i]);
            argument.remove_prefix(2);
            const std::size_t equals = argument.find('=');
            const auto setter = setters_.find(std::string(argument.substr(0, equals)));
            if (setter == setters_.end()) fail(argv[i]);
            const char* value = nullptr;
            if (equals != std::string_view::npos) {
                value = argument.data() + equals + 1;
            } else if (setter->second.takes_value && ++i < argc) {
                value = argv[i];
            }
            if (setter->second.takes_value != (value != nullptr))
                fail(argv[i < argc ? i : argc - 1]);
            setter->second.set(value);
        }
    }

    [[noreturn]] void fail(const char* what) const {
        std::fprintf(stderr, "unexpected: %s\n%s", what, usage_.c_str());
        std::exit(2);
    }

private:
    struct Setter {
        bool takes_value;
        std::function<void(const char*)> set;
    };

    std::string usage_;
    std::map<std::string, Setter> setters_;
};

}  // namespace sluice::perf
