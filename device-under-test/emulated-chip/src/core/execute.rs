//! Execution.

use super::bus::{Bus, Fault, Width};
use super::code::PAGE_BYTES;
use super::decode::decode;
use super::hart::{Exception, Exit, Hart};
use super::op::{Kind, Op};

/// What an instruction that is not plain arithmetic leads to.
enum Outcome {
    Next,
    To(u32),
    Raise(Exception, u32),
    Exit(Exit),
}

impl Hart {
    /// Executes until the time is reached, or something is to be seen to. Always performs an amount of work that is bounded by
    /// the time given.
    pub fn run<B: Bus>(&mut self, bus: &mut B, until: u64) -> Exit {
        while self.time < until {
            let exit = match self.fetch(bus) {
                Ok(()) => self.run_page(bus, until),
                Err(Fault::Native) => Some(Exit::Native),
                Err(Fault::Access) => {
                    self.spend(1);
                    self.raise(Exception::InstructionFault, self.pc);
                    None
                }
            };
            if let Some(exit) = exit {
                return exit;
            }
        }
        Exit::Limit
    }

    const fn spend(&mut self, instructions: u64) {
        self.instructions += instructions;
        self.time += instructions * self.cost;
    }

    /// Decodes the instruction at the program counter, if that was not done yet.
    fn fetch<B: Bus>(&mut self, bus: &mut B) -> Result<(), Fault> {
        let place = (self.pc % PAGE_BYTES / 2) as usize;
        if self.code.page(self.pc)[place].kind != Kind::Unknown {
            return Ok(());
        }
        let low = u32::from(bus.fetch(self.pc)?);
        let high = if low & 3 == 3 { bus.fetch(self.pc.wrapping_add(2))? } else { 0 };
        self.code.page(self.pc)[place] = decode(low | u32::from(high) << 16);
        Ok(())
    }

    /// Executes what is decoded of this page, until it is left, something is not decoded, or something is to be seen to.
    #[expect(clippy::too_many_lines, reason = "one arm an instruction, and nothing else")]
    fn run_page<B: Bus>(&mut self, bus: &mut B, until: u64) -> Option<Exit> {
        // The loop's state, kept in registers of the machine that this runs on.
        let mut pc = self.pc;
        let number = pc / PAGE_BYTES;
        // Rounded up: the last instruction may end after the time given.
        let mut left = (until - self.time).div_ceil(self.cost);
        let started_with = left;
        let page = self.code.page(pc);
        let x = &mut self.x;
        let (mut raised, mut exit) = (None, None);
        while left > 0 && pc / PAGE_BYTES == number {
            let op = page[(pc % PAGE_BYTES / 2) as usize];
            if op.kind == Kind::Unknown {
                break;
            }
            left -= 1;
            let (a, b) = (x[op.rs1()], x[op.rs2()]);
            let mut next = pc.wrapping_add(op.length());
            let target = pc.wrapping_add(op.imm as u32);
            let address = a.wrapping_add(op.imm as u32);
            let amount = op.imm as u32;
            let now = self.time + (started_with - left) * self.cost;
            macro_rules! set {
                ($value:expr) => {
                    x[op.rd()] = $value
                };
            }
            macro_rules! branch {
                ($condition:expr) => {
                    if $condition {
                        next = target;
                    }
                };
            }
            macro_rules! load {
                ($width:expr, $extend:expr) => {
                    match bus.load(address, $width, now) {
                        Ok(value) => {
                            x[op.rd()] = $extend(value);
                            if bus.wants_attention() {
                                pc = next;
                                exit = Some(Exit::Attention);
                                break;
                            }
                        }
                        Err(_) => {
                            raised = Some((Exception::LoadFault, address));
                            break;
                        }
                    }
                };
            }
            macro_rules! store {
                ($width:expr) => {
                    if bus.store(address, $width, b, now).is_err() {
                        raised = Some((Exception::StoreFault, address));
                        break;
                    } else if bus.wants_attention() {
                        pc = next;
                        exit = Some(Exit::Attention);
                        break;
                    }
                };
            }
            match op.kind {
                Kind::Lui => set!(op.imm as u32),
                Kind::Auipc => set!(target),
                Kind::Jal => {
                    set!(next);
                    next = target;
                    // Only an interrupt ends a jump to itself, and none comes before `until`: its turns are counted, not taken.
                    if target == pc {
                        left = 0;
                    }
                }
                Kind::Jalr => {
                    set!(next);
                    next = address & !1;
                }
                Kind::Beq => branch!(a == b),
                Kind::Bne => branch!(a != b),
                Kind::Blt => branch!((a as i32) < b as i32),
                Kind::Bge => branch!(a as i32 >= b as i32),
                Kind::Bltu => branch!(a < b),
                Kind::Bgeu => branch!(a >= b),
                Kind::Lb => load!(Width::Byte, |value: u32| value as u8 as i8 as u32),
                Kind::Lh => load!(Width::Half, |value: u32| value as u16 as i16 as u32),
                Kind::Lw => load!(Width::Word, |value| value),
                Kind::Lbu => load!(Width::Byte, |value| value),
                Kind::Lhu => load!(Width::Half, |value| value),
                Kind::Sb => store!(Width::Byte),
                Kind::Sh => store!(Width::Half),
                Kind::Sw => store!(Width::Word),
                Kind::Addi => set!(address),
                Kind::Slti => set!(u32::from((a as i32) < op.imm)),
                Kind::Sltiu => set!(u32::from(a < amount)),
                Kind::Xori => set!(a ^ amount),
                Kind::Ori => set!(a | amount),
                Kind::Andi => set!(a & amount),
                Kind::Slli => set!(a << (amount & 31)),
                Kind::Srli => set!(a >> (amount & 31)),
                Kind::Srai => set!((a as i32 >> (amount & 31)) as u32),
                Kind::Add => set!(a.wrapping_add(b)),
                Kind::Sub => set!(a.wrapping_sub(b)),
                Kind::Sll => set!(a << (b & 31)),
                Kind::Slt => set!(u32::from((a as i32) < b as i32)),
                Kind::Sltu => set!(u32::from(a < b)),
                Kind::Xor => set!(a ^ b),
                Kind::Srl => set!(a >> (b & 31)),
                Kind::Sra => set!((a as i32 >> (b & 31)) as u32),
                Kind::Or => set!(a | b),
                Kind::And => set!(a & b),
                Kind::Mul => set!(a.wrapping_mul(b)),
                Kind::Mulh => set!(high(i64::from(a as i32) * i64::from(b as i32))),
                Kind::Mulhsu => set!(high(i64::from(a as i32) * i64::from(b))),
                Kind::Mulhu => set!(((u64::from(a) * u64::from(b)) >> 32) as u32),
                // Volume I, table 7.1: what a division by zero gives, and the one that overflows.
                Kind::Div if b == 0 => set!(u32::MAX),
                Kind::Div => set!((a as i32).wrapping_div(b as i32) as u32),
                Kind::Divu => set!(a.checked_div(b).unwrap_or(u32::MAX)),
                Kind::Rem if b == 0 => set!(a),
                Kind::Rem => set!((a as i32).wrapping_rem(b as i32) as u32),
                Kind::Remu => set!(a.checked_rem(b).unwrap_or(a)),
                // One core without reordering: memory is always in order.
                Kind::Fence => {}
                Kind::Unknown
                | Kind::Illegal
                | Kind::FenceI
                | Kind::Ecall
                | Kind::Ebreak
                | Kind::Mret
                | Kind::Wfi
                | Kind::Csrrw
                | Kind::Csrrs
                | Kind::Csrrc
                | Kind::Csrrwi
                | Kind::Csrrsi
                | Kind::Csrrci => {
                    (self.pc, self.instructions) = (pc, self.instructions + (started_with - left));
                    self.time = now;
                    return self.rare(bus, op, a);
                }
            }
            pc = next;
        }
        self.pc = pc;
        self.spend(started_with - left);
        if let Some((exception, value)) = raised {
            self.raise(exception, value);
        }
        exit
    }

    /// What concerns the core as a whole. Its time is spent already.
    fn rare<B: Bus>(&mut self, bus: &B, op: Op, a: u32) -> Option<Exit> {
        let next = self.pc.wrapping_add(op.length());
        let outcome = match op.kind {
            Kind::Ecall => Outcome::Raise(self.ecall(), 0),
            Kind::Ebreak => Outcome::Raise(Exception::Breakpoint, self.pc),
            Kind::Mret if self.csrs.read(0x300, 0).is_some() => {
                self.csrs.leave();
                Outcome::To(self.csrs.mepc)
            }
            Kind::Wfi if self.csrs.may_wait() => Outcome::Exit(Exit::Waiting),
            Kind::FenceI => {
                self.code.forget_all();
                Outcome::Next
            }
            Kind::Csrrw
            | Kind::Csrrs
            | Kind::Csrrc
            | Kind::Csrrwi
            | Kind::Csrrsi
            | Kind::Csrrci
                if self.csr(op, a).is_some() =>
            {
                Outcome::Next
            }
            // What `mtval` shows of an illegal instruction are its bits.
            _ => Outcome::Raise(Exception::Illegal, self.bits(op)),
        };
        match outcome {
            Outcome::Next => self.pc = next,
            Outcome::To(to) => self.pc = to,
            Outcome::Raise(exception, value) => self.raise(exception, value),
            Outcome::Exit(exit) => {
                self.pc = next;
                return Some(exit);
            }
        }
        (self.lets_interrupts_in() && bus.has_interrupt()).then_some(Exit::Attention)
    }

    /// Reads and writes a control and status register (volume I, chapter 9).
    fn csr(&mut self, op: Op, a: u32) -> Option<()> {
        let (number, is_immediate) =
            (op.imm as u32, matches!(op.kind, Kind::Csrrwi | Kind::Csrrsi | Kind::Csrrci));
        let source = if is_immediate { op.rs1() as u32 } else { a };
        let count = self.instructions;
        let old = self.csrs.read(number, count)?;
        let new = match op.kind {
            Kind::Csrrw | Kind::Csrrwi => Some(source),
            // With `x0`, or zero, nothing is written, not even to what cannot be written.
            _ if op.rs1() == 0 => None,
            Kind::Csrrs | Kind::Csrrsi => Some(old | source),
            _ => Some(old & !source),
        };
        if let Some(new) = new {
            self.csrs.write(number, new, count)?;
        }
        self.x[op.rd()] = old;
        Some(())
    }

    /// The bits of an instruction that is not executed, as far as they are still known.
    const fn bits(&self, op: Op) -> u32 {
        match op.kind {
            Kind::Illegal => op.imm as u32,
            _ => 0,
        }
    }
}

const fn high(product: i64) -> u32 {
    (product >> 32) as u32
}
