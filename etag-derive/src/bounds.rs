//! The `where` clause: bounds on the type parameters that a field's type mentions, as serde's are.
//! Bounds on the fields' types themselves would overflow for recursive types.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};
use syn::{GenericArgument, Path, PathArguments, Type, TypeParamBound, TypePath, WherePredicate};

use crate::model::{Field, Place, Role, Shape, Versioned};

/// ```text
/// where
///     I::Item: Clone + ::etag_core::Versioned,
///     T: ::etag_core::Versioned,
/// ```
pub(crate) fn where_clause(model: &Versioned<'_>, krate: &TokenStream) -> TokenStream {
    let own = model.generics.where_clause.iter();
    let mut predicates: Vec<_> = own.flat_map(|clause| &clause.predicates).map(Predicate::new).collect();
    match &model.bound {
        Some(bound) => predicates.extend(bound.iter().map(|bound| Predicate::new(bound))),
        None => infer(model, krate, &mut predicates),
    }
    if predicates.is_empty() {
        return TokenStream::new();
    }
    quote!(where #(#predicates,)*)
}

/// `subject: bounds`, or whole in `subject` if there is nothing that could be added to.
struct Predicate {
    subject: TokenStream,
    bounds: Vec<TokenStream>,
}

impl Predicate {
    fn new(predicate: &WherePredicate) -> Self {
        match predicate {
            WherePredicate::Type(it) if it.lifetimes.is_none() && !it.bounds.is_empty() => Self {
                subject: it.bounded_ty.to_token_stream(),
                bounds: it.bounds.iter().map(ToTokens::to_token_stream).collect(),
            },
            _ => Self { subject: predicate.to_token_stream(), bounds: Vec::new() },
        }
    }

    fn add(&mut self, bound: TokenStream) {
        let text = bound.to_string();
        if self.bounds.iter().all(|other| other.to_string() != text) {
            self.bounds.push(bound);
        }
    }
}

impl ToTokens for Predicate {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        let Self { subject, bounds } = self;
        tokens.extend(quote!(#subject));
        if !bounds.is_empty() {
            tokens.extend(quote!(: #(#bounds)+*));
        }
    }
}

fn infer(model: &Versioned<'_>, krate: &TokenStream, predicates: &mut Vec<Predicate>) {
    let parameters: Vec<_> = model.generics.type_params().map(|it| &it.ident).collect();
    let into = match &model.shape {
        Shape::Into(ty) => Some((*ty, &["Versioned"][..])),
        _ => None,
    };
    let fields = model.shape.fields();
    for (ty, bounds) in fields.iter().map(|field| (field.ty, bounds(field))).chain(into) {
        let mut mentioned = Mentioned::new(&parameters);
        mentioned.read(ty);
        for subject in mentioned.found {
            for bound in bounds {
                let bound = Ident::new(bound, Span::call_site());
                add(predicates, &subject, quote!(#krate::#bound));
            }
        }
    }
}

/// Adds to what is said of the same type already: clippy would have one predicate per type.
fn add(predicates: &mut Vec<Predicate>, subject: &TokenStream, bound: TokenStream) {
    let text = subject.to_string();
    let is_same = |it: &&mut Predicate| !it.bounds.is_empty() && it.subject.to_string() == text;
    if let Some(predicate) = predicates.iter_mut().find(is_same) {
        predicate.add(bound);
    } else {
        predicates.push(Predicate { subject: subject.clone(), bounds: vec![bound] });
    }
}

/// The traits that a field's line in the description asks for.
fn bounds(field: &Field<'_>) -> &'static [&'static str] {
    match (&field.place, field.role) {
        (Place::Unsent, Role::Revision) => &["Revision"],
        (Place::Unsent, Role::Modified) => &["Modified"],
        (Place::Unsent, _) => &[],
        // The function that writes it says what it needs, in `bound`.
        (_, Role::Revision) if field.with.is_some() => &["Revision"],
        (_, Role::Modified) if field.with.is_some() => &["Modified"],
        _ if field.with.is_some() => &[],
        (_, Role::Serde) => &["Serialize"],
        (Place::Sent(_), Role::Revision) => &["Versioned", "Revision"],
        (Place::Sent(_), Role::Modified) => &["Versioned", "Modified"],
        (Place::Sent(_) | Place::Flattened, _) => &["Versioned"],
    }
}

/// The parameters, and the associated types of parameters, that a type mentions.
struct Mentioned<'a> {
    parameters: &'a [&'a Ident],
    found: Vec<TokenStream>,
}

impl<'a> Mentioned<'a> {
    fn new(parameters: &'a [&'a Ident]) -> Self {
        let found = Vec::new();
        Self { parameters, found }
    }

    fn read(&mut self, ty: &Type) {
        match ty {
            Type::Array(ty) => self.read(&ty.elem),
            Type::Group(ty) => self.read(&ty.elem),
            Type::Paren(ty) => self.read(&ty.elem),
            Type::Reference(ty) => self.read(&ty.elem),
            Type::Slice(ty) => self.read(&ty.elem),
            Type::Tuple(ty) => ty.elems.iter().for_each(|ty| self.read(ty)),
            Type::Path(ty) => self.read_path(ty),
            Type::TraitObject(ty) => {
                for bound in &ty.bounds {
                    if let TypeParamBound::Trait(bound) = bound {
                        self.read_arguments(&bound.path);
                    }
                }
            }
            _ => {}
        }
    }

    /// `T`, `T::Item` and `<T as Iterator>::Item` are found whole; in `Vec<T>`, what is inside.
    fn read_path(&mut self, ty: &TypePath) {
        let is_parameters = match &ty.qself {
            Some(qself) => {
                let mut inner = Mentioned::new(self.parameters);
                inner.read(&qself.ty);
                !inner.found.is_empty()
            }
            None => {
                let first = ty.path.segments.first();
                first.is_some_and(|first| self.parameters.contains(&&first.ident))
            }
        };
        if is_parameters {
            self.found.push(ty.to_token_stream());
        } else {
            self.read_arguments(&ty.path);
        }
    }

    fn read_arguments(&mut self, path: &Path) {
        for segment in &path.segments {
            if let PathArguments::AngleBracketed(arguments) = &segment.arguments {
                for argument in &arguments.args {
                    match argument {
                        GenericArgument::Type(ty) => self.read(ty),
                        GenericArgument::AssocType(assoc) => self.read(&assoc.ty),
                        _ => {}
                    }
                }
            }
        }
    }
}
