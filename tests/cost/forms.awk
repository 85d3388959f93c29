# Writes the two libraries that tests/cost/forms measures: what=library is the form's traits with one reader,
# what=descriptions is the structs that it is given and, behind each, its description and a function that reads it.

BEGIN {
    takes["closures"] = "impl FnOnce(&T) -> &V"
    takes["pointers"] = "fn(&T) -> &V"
    takes["references"] = takes["matches"] = "Option<&V>"
    takes["values"] = takes["values-and-types"] = "&V"
    projects = form == "closures" || form == "pointers" # the reader has the value, the verb is told how to get at it
    parameter = projects ? "<T>" : ""
    if (what == "library" && form in takes) {
        write_library()
    }
}

what == "descriptions" { print }
what == "descriptions" && /^pub struct/ { name = $3; count = 0 }
what == "descriptions" && /^    pub [a-z_]+: / {
    field = substr($2, 1, length($2) - 1)
    names[++count] = field
    types[field] = $0
    sub(/^[^:]*: /, "", types[field])
    sub(/,$/, "", types[field])
}
what == "descriptions" && /^}/ && count { write_description(); count = 0 }

function write_library(    signature, value) {
    print "use std::collections::BTreeMap;"
    signature = projects ? "fn describe<D: Describe<Self>>(it: &mut D) where Self: Sized" : \
        form ~ /^values/ ? "fn describe<D: Describe>(&self, d: &mut D)" : \
        "fn describe<D: Describe>(it: Option<&Self>, d: &mut D)"
    types_of = form == "values-and-types" ? "fn types<D: DescribeTypes>(d: &mut D)" : ""
    printf "pub trait Versioned { %s; %s }\n", signature, types_of == "" ? "" : types_of ";"
    printf "pub trait Describe%s { fn member<V: Versioned>(&mut self, name: &'static str, value: %s); }\n", \
        parameter, takes[form]
    print "pub trait DescribeTypes { fn member<V: Versioned>(&mut self, name: &'static str); }"
    print "macro_rules! leaves { ($($ty:ty $([$($of:ident),*])?),*) => { $("
    printf "impl$(<$($of),*>)? Versioned for $ty { %s { %s } %s }\n", signature, \
        projects ? "let _ = it;" : form ~ /^values/ ? "let _ = d;" : "let _ = (it, d);", \
        types_of == "" ? "" : types_of " { let _ = d; }"
    print ")* } }"
    print "leaves!(u64, u32, i32, f64, bool, u128, String, Option<T> [T], Vec<T> [T], BTreeMap<K, V> [K, V]);"
    value = form ~ /^values/ ? "value.describe(&mut reader)" : \
        form ~ /s$/ && !projects ? "V::describe(Some(value), &mut reader)" : "V::describe(&mut reader)"
    if (projects) {
        print "pub struct Reader<'a, T> { value: &'a T, to: &'a mut Vec<u8> }"
        print "impl<T> Describe<T> for Reader<'_, T> {"
        print "    fn member<V: Versioned>(&mut self, name: &'static str, get: " takes[form] ") {"
        print "        write(name, get(self.value), self.to);\n    }\n}"
        reader = "Reader { value, to }"
    } else {
        print "pub struct Reader<'a> { to: &'a mut Vec<u8> }"
        print "impl Describe for Reader<'_> {"
        print "    fn member<V: Versioned>(&mut self, name: &'static str, value: " takes[form] ") {"
        print form ~ /^values/ ? "        write(name, value, self.to);" : \
            "        if let Some(value) = value { write(name, value, self.to); }"
        print "    }\n}"
        reader = "Reader { to }"
    }
    print "#[inline(never)]\npub fn write<V: Versioned>(name: &'static str, value: &V, to: &mut Vec<u8>) {"
    printf "    to.extend_from_slice(name.as_bytes());\n    let mut reader = %s;\n    %s;\n}\n", reader, value
    write_fields()
}

# Several references of a value, or as many times nothing.
function write_fields(    letters, letter) {
    if (form != "references") {
        return
    }
    letters = "A B C D E F G H I J"
    split(letters, letter, " ")
    print "pub trait Fields { type Optional; const NONE: Self::Optional; fn some(self) -> Self::Optional; }"
    print "macro_rules! fields { ($($of:ident)*) => { impl<'a, $($of),*> Fields for ($(&'a $of,)*) {"
    print "    type Optional = ($(Option<&'a $of>,)*);"
    print "    const NONE: Self::Optional = ($(None::<&'a $of>,)*);"
    print "    #[allow(non_snake_case)]\n    fn some(self) -> Self::Optional { let ($($of,)*) = self; ($(Some($of),)*) }"
    print "} } }\nfields!(" letters ");"
    print "pub fn fields<'a, T, R: Fields>(it: Option<&'a T>, get: impl FnOnce(&'a T) -> R) -> R::Optional {"
    print "    match it { Some(it) => get(it).some(), None => R::NONE }\n}"
}

function write_description(    it, index_, field, list, references, lines, of_types) {
    it = tolower(name)
    sort_names()
    for (index_ = 1; index_ <= count; index_++) {
        field = names[index_]
        list = list (list == "" ? "" : ", ") field
        references = references (references == "" ? "" : ", ") "&" it "." field
        lines = lines "        " line_of(it, field) ";\n"
        of_types = of_types sprintf("        d.member::<%s>(\"%s\");\n", types[field], field)
    }
    if (form == "references") {
        lines = sprintf("        let (%s) = ::form::fields(%s, |%s| (%s));\n", list, it, it, references) lines
    }
    printf "\nimpl ::form::Versioned for %s {\n", name
    if (projects) {
        printf "    fn describe<D: ::form::Describe<Self>>(%s: &mut D) {\n", it
    } else if (form ~ /^values/) {
        printf "    fn describe<D: ::form::Describe>(&self, d: &mut D) {\n"
    } else {
        printf "    fn describe<D: ::form::Describe>(%s: ::core::option::Option<&Self>, d: &mut D) {\n", it
    }
    print lines "    }"
    if (form == "values-and-types") {
        print "    fn types<D: ::form::DescribeTypes>(d: &mut D) {\n" of_types "    }"
    }
    printf "}\n\npub fn write_%s(value: &%s, to: &mut Vec<u8>) { ::form::write(\"\", value, to) }\n\n", it, name
}

function line_of(it, field) {
    if (projects) {
        return sprintf("%s.member(\"%s\", |%s| &%s.%s)", it, field, it, it, field)
    }
    if (form == "references") {
        return sprintf("d.member(\"%s\", %s)", field, field)
    }
    if (form == "matches") {
        return sprintf("d.member(\"%s\", match %s { ::core::option::Option::Some(%s) => " \
            "::core::option::Option::Some(&%s.%s), ::core::option::Option::None => " \
            "::core::option::Option::None })", field, it, it, it, field)
    }
    return sprintf("d.member(\"%s\", &self.%s)", field, field)
}

function sort_names(    index_, other, swap) {
    for (index_ = 2; index_ <= count; index_++) {
        for (other = index_; other > 1 && names[other - 1] > names[other]; other--) {
            swap = names[other]
            names[other] = names[other - 1]
            names[other - 1] = swap
        }
    }
}
