/*
 * What -bios, -pflash, -fw_cfg and the semihosting options mean.
 */
#include "tests/unit/options_rig.h"

Test(options_firmware, firmware)
{
    struct line *l = accept("-pflash p -pflash q -fw_cfg opt/a,string=x -fw_cfg name=opt/b,file=f");
    cr_assert_str_eq(l->o.flash[0].path, "p");
    cr_assert_str_eq(l->o.flash[1].path, "q");
    cr_assert_eq(l->o.fw_cfg_count, 2);
    cr_assert_str_eq(l->o.fw_cfg[0].name, "opt/a");
    cr_assert_str_eq(l->o.fw_cfg[0].string, "x");
    cr_assert_str_eq(l->o.fw_cfg[1].name, "opt/b");
    cr_assert_str_eq(l->o.fw_cfg[1].file, "f");
    done(l);
    l = accept("-drive if=pflash,format=raw,unit=1,file=q -drive if=pflash,file=p,readonly=on");
    cr_assert_str_eq(l->o.flash[0].path, "p");
    cr_assert(l->o.flash[0].readonly && !l->o.flash[1].readonly);
    cr_assert_str_eq(l->o.flash[1].path, "q");
    cr_assert_eq(l->o.devices.drives, 0);
    done(l);
    l = accept(
        "-blockdev file,node-name=a,filename=x -blockdev file,node-name=b,filename=p,read-only=on "
        "-blockdev file,node-name=c,filename=q -machine virt,pflash0=b,pflash1=c");
    cr_assert_str_eq(l->o.flash[0].path, "p");
    cr_assert(l->o.flash[0].readonly);
    cr_assert_str_eq(l->o.flash[1].path, "q");
    cr_assert_eq(l->o.devices.drives, 1);
    cr_assert_str_eq(l->o.devices.drive[0].file, "x");
    done(l);
    l = parse("-machine virt,pflash0=b");
    cr_assert(!l->ok && strstr(l->message, "pflash0=b") && strstr(l->message, "-blockdev"), "%s",
              l->message);
    done(l);
    l = parse("-pflash a -blockdev file,node-name=b,filename=p -machine virt,pflash0=b");
    cr_assert(!l->ok && strstr(l->message, "holds a"), "%s", l->message);
    done(l);
    l = accept("-bios b -kernel k -machine virt,firmware=c");
    cr_assert_str_eq(l->o.bios, "c");
    done(l);
}

Test(options_firmware, semihosting)
{
    struct line *l = accept("-kernel k -append a~b -semihosting");
    cr_assert(l->o.semihosting.enabled);
    cr_assert(!l->o.semihosting.user);
    cr_assert_null(l->o.semihosting.folder);
    cr_assert_str_eq(l->o.semihosting.command, "k a b");
    done(l);
    l = accept("-kernel k -semihosting-config "
               "enable=on,target=native,arg=one,arg=two,root=dir,userspace=on,chardev=pty");
    cr_assert(l->o.semihosting.enabled && l->o.semihosting.user);
    cr_assert_str_eq(l->o.semihosting.folder, "dir");
    cr_assert_str_eq(l->o.semihosting.command, "one two");
    cr_assert_eq(l->o.semihosting.console.kind, BACKEND_PTY);
    done(l);
    l = accept("-kernel k -semihosting-config enable=off");
    cr_assert(!l->o.semihosting.enabled);
    done(l);
}
