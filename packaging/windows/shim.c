/* For tests under wine only, never shipped: Debian's wine 8 has no bcryptprimitives.dll, whose one
   function Rust's standard library calls for random bytes. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(PBYTE buffer, SIZE_T length)
{
    return RtlGenRandom(buffer, (ULONG)length);
}
