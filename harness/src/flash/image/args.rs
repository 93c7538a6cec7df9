//! `flasher_args.json`: what a build of ESP-IDF says about its files and their places.

use serde_json::Value;

use super::ImageError;
use crate::flash::Chip;

/// Files with their places.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FlasherArgs {
    /// Each file, relative to the folder of the JSON file, with the place that it goes to; in order of places.
    pub files: Vec<(u32, String)>,
    /// The chip that it was built for, where it says so.
    pub chip: Option<Chip>,
}

impl FlasherArgs {
    /// Reads the text of the file.
    ///
    /// # Errors
    ///
    /// It is no such file: no JSON, without `flash_files`, with a place that is no number, or for a chip that is not known here.
    pub fn read(text: &str) -> Result<Self, ImageError> {
        let bad = |why: String| ImageError::BadFlasherArgs { why };
        let root: Value = serde_json::from_str(text).map_err(|error| bad(error.to_string()))?;
        let found = root.get("flash_files").and_then(Value::as_object);
        let found = found.ok_or_else(|| bad("it has no `flash_files`".into()))?;
        let mut files = Vec::new();
        for (place, file) in found {
            let digits = place.strip_prefix("0x").or_else(|| place.strip_prefix("0X"));
            let offset = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok());
            let offset = offset.or_else(|| place.parse().ok());
            let offset = offset.ok_or_else(|| bad(format!("`{place}` is no place in a flash")))?;
            let file = file.as_str().ok_or_else(|| bad(format!("at {place} stands no file")))?;
            files.push((offset, file.to_owned()));
        }
        if files.is_empty() {
            return Err(bad("its `flash_files` are empty".into()));
        }
        files.sort();
        let chip = root.pointer("/extra_esptool_args/chip").and_then(Value::as_str);
        let chip = chip.map(|name| {
            Chip::by_name(name).ok_or_else(|| bad(format!("its chip `{name}` is not known here")))
        });
        Ok(Self { files, chip: chip.transpose()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_chip_are_read_in_the_order_of_places() {
        let text = r#"{ "write_flash_args": ["--flash_mode", "dio"],
            "flash_files": { "0x10000": "app.bin", "0x0": "bootloader/bootloader.bin" },
            "extra_esptool_args": { "chip": "esp32c3", "stub": true } }"#;
        let args = FlasherArgs::read(text).unwrap();
        assert_eq!(args.chip, Some(Chip::Esp32c3));
        let files: Vec<_> = args.files.iter().map(|(at, file)| (*at, file.as_str())).collect();
        assert_eq!(files, [(0, "bootloader/bootloader.bin"), (0x1_0000, "app.bin")]);
    }

    #[test]
    fn anything_else_is_refused_with_its_reason() {
        let check = |text: &str, reason: &str| {
            let error = FlasherArgs::read(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        };
        check("", "EOF");
        check("{}", "it has no `flash_files`");
        check(r#"{"flash_files":{}}"#, "are empty");
        check(r#"{"flash_files":{"here":"a"}}"#, "`here` is no place");
        check(r#"{"flash_files":{"0x0":1}}"#, "stands no file");
        check(
            r#"{"flash_files":{"0x0":"a"},"extra_esptool_args":{"chip":"z80"}}"#,
            "`z80` is not known",
        );
    }
}
