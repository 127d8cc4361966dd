#include "sluice/model/field_type.h"

namespace sluice::model {

std::string_view field_type_name(FieldType type) {
    switch (type) {
        case FieldType::kFloat:
            return "float";
        case FieldType::kInteger:
            return "integer";
        case FieldType::kUnsigned:
            return "unsigned";
        case FieldType::kString:
            return "string";
        case FieldType::kBoolean:
            return "boolean";
    }
    return "unknown";
}

}  // namespace sluice::model
