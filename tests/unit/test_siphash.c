// SPDX-License-Identifier: GPL-3.0-or-later
// SipHash-2-4 gives what its authors' test vectors say.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/siphash.h"

// Of the key 00 01 ... 0f, and the texts "", 00, 00 01, ..., in the order of the reference's vectors.h.
static void the_vectors_of_the_reference(void **state)
{
    (void)state;
    static const struct {
        size_t len;
        uint64_t hash;
    } vectors[] = {{0, 0x726fdb47dd0e0e31},
                   {1, 0x74f839c593dc67fd},
                   {7, 0xab0200f58b01d137},
                   {8, 0x93f5f5799a932462},
                   {15, 0xa129ca6149be45e5}};
    unsigned char key[16];
    char text[16];
    for (int i = 0; i < 16; i++)
        key[i] = (unsigned char)(text[i] = (char)i);
    for (size_t i = 0; i < sizeof(vectors) / sizeof(*vectors); i++)
        assert_true(ms_siphash(key, (struct ms_text){text, vectors[i].len}) == vectors[i].hash);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(the_vectors_of_the_reference)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
