//! Arrays, maps and objects.

use serde::Serialize;
use serde::ser::{
    SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple, SerializeTupleStruct,
    SerializeTupleVariant,
};

use super::{Depth, Dialect, Form, Json, Place, text};
use crate::workflows::input::encode_error::EncodeError;

/// Writes the elements of an array.
pub(crate) struct Array<'a> {
    out: &'a mut Vec<u8>,
    dialect: Dialect,
    depth: Depth,
    closing: &'static [u8],
    elements: usize,
}

impl<'a> Array<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, dialect: Dialect, depth: Depth, closing: &'static [u8]) -> Self {
        Self { out, dialect, depth, closing, elements: 0 }
    }

    fn element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        if self.elements > 0 {
            self.out.push(b',');
        }
        let json = Json { out: self.out, dialect: self.dialect, place: Place::Nested, depth: self.depth };
        value.serialize(json).map_err(|error| error.in_element(self.elements))?;
        self.elements += 1;
        Ok(())
    }

    fn close(self) -> Result<(), EncodeError> {
        self.out.extend_from_slice(self.closing);
        Ok(())
    }
}

macro_rules! arrays {
    ($($name:ident::$method:ident,)*) => {$(
        impl $name for Array<'_> {
            type Ok = ();
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                self.element(value)
            }

            fn end(self) -> Result<(), EncodeError> {
                self.close()
            }
        }
    )*};
}

arrays! {
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field,
}

/// Writes the fields of an object. At the top of a task, it counts them.
pub(crate) struct Object<'a> {
    out: &'a mut Vec<u8>,
    dialect: Dialect,
    depth: Depth,
    closing: &'static [u8],
    is_empty: bool,
    /// Whether the only field is JSON text, to be written as it is.
    is_verbatim: bool,
    form: Option<&'a mut Form>,
}

impl<'a> Object<'a> {
    pub(super) fn new(
        out: &'a mut Vec<u8>,
        dialect: Dialect,
        depth: Depth,
        closing: &'static [u8],
        mut form: Option<&'a mut Form>,
    ) -> Self {
        if let Some(form) = &mut form {
            form.fields = Some(0);
        }
        Self { out, dialect, depth, closing, is_empty: true, is_verbatim: false, form }
    }

    pub(super) fn verbatim(out: &'a mut Vec<u8>, dialect: Dialect, depth: Depth) -> Self {
        Self { out, dialect, depth, closing: b"", is_empty: true, is_verbatim: true, form: None }
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), EncodeError> {
        if self.is_verbatim {
            let mut quoted = Vec::new();
            value.serialize(Json::value(&mut quoted))?;
            let text: String = serde_json::from_slice(&quoted).map_err(serde::ser::Error::custom)?;
            self.out.extend_from_slice(text.as_bytes());
            return Ok(());
        }
        if !self.is_empty {
            self.out.push(b',');
        }
        self.is_empty = false;
        text::write(self.out, name, self.dialect)?;
        self.out.push(b':');
        let start = self.out.len();
        let place = match &mut self.form {
            Some(form) if form.fields == Some(0) => Place::First(&mut form.message),
            _ => Place::Nested,
        };
        let json = Json { out: self.out, dialect: self.dialect, place, depth: self.depth };
        value.serialize(json).map_err(|error| error.in_field(name))?;
        if let Some(form) = &mut self.form {
            form.first.get_or_insert(start..self.out.len());
        }
        self.count();
        Ok(())
    }

    fn count(&mut self) {
        if let Some(Form { fields: Some(fields), .. }) = self.form.as_deref_mut() {
            *fields += 1;
        }
    }

    fn close(self) -> Result<(), EncodeError> {
        self.out.extend_from_slice(self.closing);
        Ok(())
    }
}

macro_rules! objects {
    ($($name:ident)*) => {$(
        impl $name for Object<'_> {
            type Ok = ();
            type Error = EncodeError;

            fn serialize_field<T: Serialize + ?Sized>(&mut self, name: &'static str, value: &T) -> Result<(), EncodeError> {
                self.field(name, value)
            }

            fn skip_field(&mut self, _name: &'static str) -> Result<(), EncodeError> {
                self.count();
                Ok(())
            }

            fn end(self) -> Result<(), EncodeError> {
                self.close()
            }
        }
    )*};
}

objects! { SerializeStruct SerializeStructVariant }

/// Writes the entries of a map, which Go sorts by their keys.
pub(crate) struct Entries<'a> {
    out: &'a mut Vec<u8>,
    dialect: Dialect,
    depth: Depth,
    key: Option<String>,
    entries: Vec<(String, Vec<u8>)>,
}

impl<'a> Entries<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>, dialect: Dialect, depth: Depth) -> Self {
        Self { out, dialect, depth, key: None, entries: Vec::new() }
    }
}

impl SerializeMap for Entries<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.key = Some(text::key(key)?);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        let key = self.key.take().ok_or_else(|| EncodeError::new("a value of a map has no key", ""))?;
        let mut written = Vec::new();
        let json = Json { out: &mut written, dialect: self.dialect, place: Place::Nested, depth: self.depth };
        value.serialize(json).map_err(|error| error.in_field(&key))?;
        self.entries.push((key, written));
        Ok(())
    }

    fn end(mut self) -> Result<(), EncodeError> {
        if self.dialect == Dialect::Go {
            self.entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        }
        self.out.push(b'{');
        for (index, (key, value)) in self.entries.iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            text::write(self.out, key, self.dialect)?;
            self.out.push(b':');
            self.out.extend_from_slice(value);
        }
        self.out.push(b'}');
        Ok(())
    }
}
