# Writes the library that is measured: `awk -v structs=200 -v variant=serde -f generate.awk`.
#
# Each struct has ten fields, one of each type below, in an order of its own, with names that do not come in
# alphabetical order. `plain` has the structs and their constructors alone; the other variants add one derive
# to each struct, and one function that is not generic and writes it.

BEGIN {
    word_count = split("updated_by name weight is_public zone quantity price barcode owner created_by history " \
          "rack unit supplier batch grade channel tags size locale margin aisle vendor kind notes footprint " \
          "expires parent legend status origin budget colour terms limits region summary depth revenue " \
          "account priority code flags manager remarks version basis caption jobs quota method label index " \
          "phase title carrier offset handle kerb area urgency voltage dosage shelf inspector mass tenant", \
          words, " ")
    type_count = split("u64 String Option<String> bool f64 Vec<String> i32 NESTED BTreeMap<String,u32> KEY", types, " ")
    writes["serde"] = "Result<Vec<u8>, serde_json::Error> { serde_json::to_vec(value) }"
    writes["versioned"] = "Result<Vec<u8>, etag_core::canonical::Error> { etag_core::canonical::to_vec(value) }"
    writes["tagged"] = "Result<etag_core::Representation, etag_core::canonical::Error> " \
                       "{ etag_core::Representation::of(value) }"
    derives["serde"] = "serde::Serialize"
    derives["versioned"] = derives["tagged"] = "etag_core::Versioned"

    print "use std::collections::BTreeMap;\n\nuse uuid::Uuid;"
    for (number = 0; number < structs; number++) {
        write_struct(number)
    }
    print "\npub fn samples() {"
    for (number = 0; number < structs; number++) {
        printf "    std::hint::black_box(%s::sample(%d));\n", name_of(number), number
    }
    print "}"
}

function write_struct(number,    field, fields, values, type) {
    for (field = 0; field < type_count; field++) {
        type = type_of(number, field)
        fields = fields sprintf("    pub %s: %s,\n", field_name(number, field), type)
        values = values sprintf("            %s: %s,\n", field_name(number, field), sample_of(type))
    }
    print ""
    if (variant in derives) {
        printf "#[derive(%s)]\n", derives[variant]
    }
    printf "pub struct %s {\n%s}\n\n", name_of(number), fields
    printf "impl %s {\n    pub fn sample(seed: u32) -> Self {\n        Self {\n%s        }\n    }\n}\n", \
        name_of(number), values
    if (variant in writes) {
        printf "\npub fn write_%d(value: &%s) -> %s\n", number, name_of(number), writes[variant]
    }
}

function name_of(number) {
    return "Record" number
}

# The number of words is prime: no name comes twice in a struct.
function field_name(number, field) {
    return words[(number * 7 + field * 11) % word_count + 1]
}

# Nine of ten structs have the tenth inside.
function type_of(number, field,    type) {
    type = types[(number * 3 + field * 7) % type_count + 1]
    if (type == "NESTED") {
        return number % 10 == 0 ? "u32" : name_of(number - number % 10)
    }
    if (type == "KEY") {
        return number % 2 == 0 ? "Uuid" : "Option<u32>"
    }
    return type
}

function sample_of(type) {
    if (type == "String") {
        return "seed.to_string()"
    }
    if (type == "Option<String>") {
        return "Some(seed.to_string())"
    }
    if (type == "bool") {
        return "seed % 2 == 0"
    }
    if (type == "Vec<String>") {
        return "vec![seed.to_string()]"
    }
    if (type == "BTreeMap<String,u32>") {
        return "BTreeMap::from([(seed.to_string(), seed)])"
    }
    if (type == "Uuid") {
        return "Uuid::from_u128(u128::from(seed))"
    }
    if (type == "Option<u32>") {
        return "Some(seed)"
    }
    if (type ~ /^Record/) {
        return type "::sample(seed)"
    }
    return type == "u32" ? "seed" : "seed as " type
}
