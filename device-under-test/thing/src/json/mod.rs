//! Just enough JSON for a device: the text is checked once as a whole, then looked up in place.
//!
//! Nothing is copied and nothing is allocated. A [`Value`] is the piece of the document that it was
//! written with, so a value that the device does not understand can be given back as it came.

mod scan;
mod string;
mod value;
mod write;

pub(crate) use scan::{JsonError, parse};
pub(crate) use string::Str;
pub(crate) use value::{Kind, Object, Value};
pub(crate) use write::push_text;
