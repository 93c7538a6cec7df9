//! Paths into what was seen: `$`, `$.body.state.reported.signal`, `$.list[0]`.

use serde_json::Value;

/// A checked path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Key(String),
    Index(usize),
}

impl Path {
    /// Reads a path; `None` if it is not one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('$')?;
        let mut parts = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix('[') {
                let (index, after) = after.split_once(']')?;
                parts.push(Part::Index(index.parse().ok()?));
                rest = after;
            } else {
                let after = rest.strip_prefix('.')?;
                let end = after.find(['.', '[']).unwrap_or(after.len());
                let (key, after) = after.split_at(end);
                if key.is_empty() {
                    return None;
                }
                parts.push(Part::Key(key.to_owned()));
                rest = after;
            }
        }
        Some(Self(parts))
    }

    /// The value at this path, if there is one.
    #[must_use]
    pub fn find<'a>(&self, value: &'a Value) -> Option<&'a Value> {
        self.0.iter().try_fold(value, |value, part| match part {
            Part::Key(key) => value.get(key),
            Part::Index(index) => value.get(index),
        })
    }
}

impl Path {
    /// The same, to be changed.
    pub fn find_mut<'a>(&self, value: &'a mut Value) -> Option<&'a mut Value> {
        self.0.iter().try_fold(value, |value, part| match part {
            Part::Key(key) => value.get_mut(key),
            Part::Index(index) => value.get_mut(index),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_finds_keys_and_items() {
        let value = json!({ "a": { "b": [1, { "c": 2 }] } });
        let find = |path: &str| Path::parse(path).expect(path).find(&value).cloned();
        assert_eq!(find("$"), Some(value.clone()));
        assert_eq!(find("$.a.b[0]"), Some(json!(1)));
        assert_eq!(find("$.a.b[1].c"), Some(json!(2)));
        assert_eq!(find("$.a.x"), None);
    }

    #[test]
    fn what_is_no_path_is_refused() {
        for text in ["", "a", "$a", "$.", "$..a", "$.a[x]", "$.a["] {
            assert_eq!(Path::parse(text), None, "{text}");
        }
    }
}
