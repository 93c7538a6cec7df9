//! The RV32IMC core of the chip: decoding, execution, control and status registers, traps.
//!
//! Sources: "The RISC-V Instruction Set Manual", volume I 20191213 (RV32I 2.1, M 2.0, C 2.0, Zicsr 2.0, Zifencei 2.0) and
//! volume II 20190608 (machine and user mode). It does not know which chip it is in.

mod bus;
mod code;
mod compressed;
mod csr;
mod decode;
mod execute;
mod hart;
mod op;

pub use bus::{Bus, Fault, Width};
pub use decode::decode;
pub use hart::{Exit, Hart};
pub use op::{Kind, Op};
