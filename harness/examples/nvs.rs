//! NVS partitions from and to lines, so that `tests/nvs/run.sh` can compare them with those of Espressif's generator.
//!
//! `write SIZE` reads lines `namespace TAB key TAB type TAB value` and writes the partition; `read` reads a partition and writes
//! such lines, texts and blobs in hexadecimal.

use std::io::{self, Read, Write};

use shadowrig::nvs::{Contents, Value};
use shadowrig::scenario::provision::Setting;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let words: Vec<_> = std::env::args().skip(1).collect();
    let words: Vec<_> = words.iter().map(String::as_str).collect();
    let mut out = io::stdout().lock();
    let mut input = Vec::new();
    io::stdin().read_to_end(&mut input)?;
    match words.as_slice() {
        ["write", size] => {
            let mut contents = Contents::default();
            for line in String::from_utf8(input)?.lines() {
                let [namespace, key, kind, text] = line.split('\t').collect::<Vec<_>>()[..] else {
                    return Err(format!("not four words: {line}").into());
                };
                let [namespace, key, kind, text] = [namespace, key, kind, text].map(str::to_owned);
                let setting = Setting { namespace, key, kind, text, is_secret: false };
                let value = setting.value()?;
                contents.set(&setting.namespace, &setting.key, value)?;
            }
            out.write_all(&contents.write(size.parse()?)?)?;
        }
        ["read"] => {
            for item in Contents::read(&input)?.items() {
                let value = match &item.value {
                    Value::U8(number) => number.to_string(),
                    Value::I8(number) => number.to_string(),
                    Value::U16(number) => number.to_string(),
                    Value::I16(number) => number.to_string(),
                    Value::U32(number) => number.to_string(),
                    Value::I32(number) => number.to_string(),
                    Value::U64(number) => number.to_string(),
                    Value::I64(number) => number.to_string(),
                    Value::Text(bytes) | Value::Blob(bytes) => {
                        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
                    }
                };
                let kind = item.value.type_name();
                writeln!(out, "{}\t{}\t{kind}\t{value}", item.namespace, item.key)?;
            }
        }
        _ => return Err("say `write SIZE` or `read`".into()),
    }
    Ok(())
}
