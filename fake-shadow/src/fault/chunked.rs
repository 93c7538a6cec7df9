//! An answer in chunks.

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::{Params, bad};

/// Sends the answer in chunks, without its length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chunked {
    /// How many bytes each chunk has. Default: 16.
    pub bytes: usize,
    /// The name of the header, in the case in which it is sent: small clients know one case only. Default:
    /// `Transfer-Encoding`.
    pub header: String,
}

impl Behavior for Chunked {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let header = match params.take("header") {
            None => "Transfer-Encoding".to_owned(),
            Some(value) => value
                .as_str()
                .filter(|name| name.eq_ignore_ascii_case("transfer-encoding"))
                .ok_or_else(|| bad("header", value, "Transfer-Encoding in any case"))?
                .to_owned(),
        };
        let bytes = params.number("bytes", 1..=65536)?.unwrap_or(16);
        Ok(Self { bytes: usize::try_from(bytes).unwrap_or(16), header })
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        let Self { bytes, header } = self.clone();
        Act::change(move |answer| {
            let mut body = Vec::new();
            for chunk in answer.body.chunks(bytes.max(1)) {
                body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                body.extend_from_slice(chunk);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(b"0\r\n\r\n");
            answer.body = body;
            answer.set_header("content-length", None);
            answer.set_header(&header, Some("chunked".to_owned()));
        })
    }
}
