#include "query/scan/select_plan.h"

namespace sluice::query {

std::uint32_t SelectPlan::add_field(const std::string& name, influxql::DataType type,
                                    bool makes_rows) {
    for (std::uint32_t i = 0; i < fields.size(); ++i) {
        ScanField& field = fields[i];
        if (field.name != name || field.type != type) continue;
        field.makes_rows = field.makes_rows || makes_rows;
        return i;
    }
    fields.push_back({name, type, makes_rows});
    return static_cast<std::uint32_t>(fields.size() - 1);
}

}  // namespace sluice::query
