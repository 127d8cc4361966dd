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
    if (is_new) {
        fields.push_back({name, type, makes_rows});
        const auto [column, is_new_name] =
            column_places_.try_emplace(name, static_cast<std::uint32_t>(columns_.names.size()));
        if (is_new_name) columns_.names.push_back(name);
        columns_.column_of_field.push_back(column->second);
    }
    ScanField& field = fields[place->second];
    field.makes_rows = field.makes_rows || makes_rows;
    return place->second;
}

std::uint32_t SelectPlan::add_condition_tag(const std::string& name) {
    const auto [place, is_new] =
        tag_places_.try_emplace(name, static_cast<std::uint32_t>(condition_tags.size()));
    if (is_new) condition_tags.push_back(name);
    return place->second;
}

}  // namespace sluice::query
