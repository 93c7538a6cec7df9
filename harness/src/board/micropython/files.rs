//! Files for a board, and the Python that puts them there.

#![deny(clippy::disallowed_types, clippy::disallowed_methods)]

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

/// How many bytes of a file one piece of code carries: a board may have a few kilobytes left.
const CHUNK_BYTES: usize = 256;

/// What a file's name ends with that is filled in and not written as it is.
const TEMPLATE: &str = ".template";

/// Files by their paths on the board, without a slash at their beginning.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Files {
    /// What stays on the board.
    pub plain: BTreeMap<String, Vec<u8>>,
    /// What was filled in with endpoint and credentials, and is taken off the board afterwards.
    pub filled: BTreeMap<String, Vec<u8>>,
}

impl Files {
    /// Sorts files: one whose name ends with `.template` gets its variables, as `${SHADOWRIG_ENDPOINT}`, and loses that end.
    #[must_use]
    pub fn fill(files: BTreeMap<String, Vec<u8>>, variables: &[(String, String)]) -> Self {
        let mut sorted = Self::default();
        for (path, bytes) in files {
            match path.strip_suffix(TEMPLATE) {
                None => drop(sorted.plain.insert(path, bytes)),
                Some(name) => {
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    let filled = variables.iter().fold(text, |text, (variable, value)| {
                        text.replace(&format!("${{{variable}}}"), value)
                    });
                    sorted.filled.insert(name.to_owned(), filled.into_bytes());
                }
            }
        }
        sorted
    }

    /// All files.
    pub fn all(&self) -> impl Iterator<Item = (&String, &Vec<u8>)> {
        self.plain.iter().chain(&self.filled)
    }

    /// The code that prints `True` for each file that is on the board already, in their order, a line each.
    #[must_use]
    pub fn compare(&self) -> String {
        let mut code = String::from(
            "import hashlib,binascii\n\
             def same(p,h):\n try:\n  s=hashlib.sha256()\n  with open(p,'rb') as f:\n   while 1:\n    b=f.read(256)\n    if not b:\n     break\n    s.update(b)\n  \
             return binascii.hexlify(s.digest())==h\n except OSError:\n  return False\n",
        );
        for (path, bytes) in self.all() {
            let hash: String =
                Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
            code += &format!("print(same({},b'{hash}'))\n", literal(path.as_bytes(), ""));
        }
        code
    }

    /// The code that takes everything else off the board.
    #[must_use]
    pub fn remove_others(&self) -> String {
        let kept: Vec<_> = self.all().map(|(path, _)| literal(path.as_bytes(), "")).collect();
        format!(
            "import os\nkeep=[{}]\n\
             def clean(d):\n for n in os.listdir(d) if d else os.listdir():\n  p=d+'/'+n if d else n\n  \
             if os.stat(p)[0]&0x4000:\n   clean(p)\n   try:\n    os.rmdir(p)\n   except OSError:\n    pass\n  \
             elif p not in keep:\n   os.remove(p)\n\
             clean('')\n",
            kept.join(",")
        )
    }

    /// The code that takes off the board what was filled in.
    #[must_use]
    pub fn remove_filled(&self) -> String {
        let paths: Vec<_> = self.filled.keys().map(|path| literal(path.as_bytes(), "")).collect();
        format!(
            "import os\nfor p in [{}]:\n try:\n  os.remove(p)\n except OSError:\n  pass\n",
            paths.join(",")
        )
    }
}

/// The code that writes a file, in pieces that are run one after the other.
#[must_use]
pub fn write(path: &str, bytes: &[u8]) -> Vec<String> {
    let mut pieces = Vec::new();
    let mut opening = String::from("import os\n");
    for (at, _) in path.match_indices('/') {
        opening += &format!(
            "try:\n os.mkdir({})\nexcept OSError:\n pass\n",
            literal(&path.as_bytes()[..at], "")
        );
    }
    opening += &format!("f=open({},'wb')\nw=f.write\n", literal(path.as_bytes(), ""));
    pieces.push(opening);
    pieces.extend(bytes.chunks(CHUNK_BYTES).map(|chunk| format!("w({})\n", literal(chunk, "b"))));
    pieces.push("f.close()\n".to_owned());
    pieces
}

/// Bytes as Python writes them.
fn literal(bytes: &[u8], prefix: &str) -> String {
    let mut text = format!("{prefix}'");
    for byte in bytes {
        match byte {
            b'\'' | b'\\' => text.push_str(&format!("\\{}", char::from(*byte))),
            0x20..=0x7e => text.push(char::from(*byte)),
            _ => text.push_str(&format!("\\x{byte:02x}")),
        }
    }
    text.push('\'');
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_filled_in_and_kept_apart() {
        let files = BTreeMap::from([
            ("main.py".to_owned(), b"print(1)".to_vec()),
            (
                "cfg.json.template".to_owned(),
                b"{\"url\": \"${SHADOWRIG_ENDPOINT}\", \"x\": \"${Y}\"}".to_vec(),
            ),
        ]);
        let files = Files::fill(files, &[("SHADOWRIG_ENDPOINT".into(), "http://h:1".into())]);
        assert_eq!(files.filled["cfg.json"], b"{\"url\": \"http://h:1\", \"x\": \"${Y}\"}");
        assert!(files.plain.contains_key("main.py") && files.plain.len() == 1);
        assert!(files.remove_filled().contains("['cfg.json']"));
    }

    #[test]
    fn a_file_is_written_in_pieces_with_its_folders() {
        let pieces = write("lib/a/b.py", &[b'\'', b'\\', 0, 0xff, b'x']);
        assert!(pieces[0].contains("os.mkdir('lib')") && pieces[0].contains("os.mkdir('lib/a')"));
        assert_eq!(pieces[1], "w(b'\\'\\\\\\x00\\xffx')\n");
        assert_eq!(write("x", &[0; 1000]).len(), 2 + 4);
    }
}
