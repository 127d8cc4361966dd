#include "query/scan/select_plan.h"

namespace sluice::query {

std::optional<std::uint32_t> SelectPlan::find_field(const std::string& name,
                                                    influxql::DataType type) const {
    const auto found = field_places_.find({name, type});
    if (found == field_places_.end()) return std::nullopt;
    return found->second;
}

std::uint32_t SelectPlan::add_field(const std::string& name, influxql::DataType type,
                                    bool makes_rows) {
    const auto [place, is_new] =
        field_places_.try_emplace({name, type}, static_cast<std::uint32_t>(fields.size()));
    if (is_new) fields.push_back({name, type, makes_rows});
    ScanField& field = fields[place->second];
    field.makes_rows = field.makes_rows || makes_rows;
    return place->second;
}

}  // namespace sluice::query
