//! A proxy's error page.

use std::borrow::Cow;

use super::act::{Act, Behavior, Met};
use super::error::FaultError;
use super::params::Params;
use crate::message::Response;

/// Answers as a proxy or a captive portal does, with a page instead of JSON; the service never sees the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HtmlError {
    /// The status, 200 to 599. Default: 502.
    pub code: u16,
}

impl Behavior for HtmlError {
    fn read(params: &mut Params<'_>) -> Result<Self, FaultError> {
        let code = params.number("code", 200..=599)?.unwrap_or(502);
        Ok(Self { code: u16::try_from(code).unwrap_or(502) })
    }

    fn act(&self, _met: &mut Met<'_>) -> Act {
        let code = self.code;
        let page = format!(
            "<html>\r\n<head><title>{code}</title></head>\r\n<body>\r\n<center><h1>{code}</h1></center>\r\n\
             </body>\r\n</html>\r\n"
        );
        let headers = vec![(Cow::Borrowed("content-type"), "text/html".to_owned())];
        Act::Answer(Response { status: code, headers, body: page.into_bytes() })
    }
}
