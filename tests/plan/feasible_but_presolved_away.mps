NAME        
ROWS
 N  Obj     
 E  r0      
 E  r1      
 E  r2      
 E  r3      
 E  r4      
 L  r5      
 L  r6      
 L  r7      
 L  r8      
 L  r9      
 L  r10     
 L  r11     
 L  r12     
 G  r13     
 G  r14     
 L  r15     
 L  r16     
 G  r17     
 G  r18     
 G  r19     
 G  r20     
 G  r21     
 G  r22     
 G  r23     
 G  r24     
 G  r25     
 G  r26     
 G  r27     
 G  r28     
 G  r29     
 G  r30     
 G  r31     
 G  r32     
 G  r33     
 G  r34     
 G  r35     
 G  r36     
 G  r37     
 G  r38     
 L  r39     
 L  r40     
 L  r41     
 L  r42     
 L  r43     
 L  r44     
 L  r45     
 L  r46     
 L  r47     
 L  r48     
 L  r49     
 L  r50     
 L  r51     
 L  r52     
COLUMNS
    MARK0000  'MARKER'                 'INTORG'
    c0        r0        1
    c0        r5        1
    c0        r13       1
    c0        r15       1
    c0        r17       -1160.02160200326
    c0        r37       -0.483620381198314
    c0        r41       1
    c0        r50       1
    c1        r0        1
    c1        r9        1
    c1        r14       1
    c1        r16       1
    c1        r27       -1160.02160200326
    c1        r38       -0.241810190599157
    c1        r42       1
    c1        r50       1
    c2        r0        1
    c2        r5        1
    c2        r13       1
    c2        r15       1
    c2        r18       -1264.67248576402
    c2        r37       -0.52725
    c2        r41       1
    c2        r51       1
    c3        r0        1
    c3        r9        1
    c3        r14       1
    c3        r16       1
    c3        r28       -1264.67248576402
    c3        r38       -0.263625
    c3        r42       1
    c3        r51       1
    c4        r0        1
    c4        r5        1
    c4        r13       1
    c4        r15       1
    c4        r19       -1378.76440704771
    c4        r37       -0.574815647370341
    c4        r41       1
    c4        r52       1
    c5        r0        1
    c5        r9        1
    c5        r14       1
    c5        r16       1
    c5        r29       -1378.76440704771
    c5        r38       -0.28740782368517
    c5        r42       1
    c5        r52       1
    c6        r1        1
    c6        r6        1
    c6        r13       1
    c6        r15       1
    c6        r20       -2200.1358027563
    c6        r37       -0.917250604453892
    c6        r43       1
    c6        r50       1
    c7        r1        1
    c7        r10       1
    c7        r14       1
    c7        r16       1
    c7        r30       -2200.1358027563
    c7        r38       -0.458625302226946
    c7        r44       1
    c7        r50       1
    c8        r1        1
    c8        r6        1
    c8        r13       1
    c8        r15       1
    c8        r21       -2398.62017214609
    c8        r37       -1
    c8        r43       1
    c8        r51       1
    c9        r1        1
    c9        r10       1
    c9        r14       1
    c9        r16       1
    c9        r31       -2398.62017214609
    c9        r38       -0.5
    c9        r44       1
    c9        r51       1
    c10       r2        1
    c10       r7        1
    c10       r13       1
    c10       r15       1
    c10       r22       -1160.02160200326
    c10       r37       -0.483620381198314
    c10       r45       1
    c10       r50       1
    c11       r2        1
    c11       r11       1
    c11       r14       1
    c11       r16       1
    c11       r32       -1160.02160200326
    c11       r38       -0.241810190599157
    c11       r46       1
    c11       r50       1
    c12       r2        1
    c12       r7        1
    c12       r13       1
    c12       r15       1
    c12       r23       -1264.67248576402
    c12       r37       -0.52725
    c12       r45       1
    c12       r51       1
    c13       r2        1
    c13       r11       1
    c13       r14       1
    c13       r16       1
    c13       r33       -1264.67248576402
    c13       r38       -0.263625
    c13       r46       1
    c13       r51       1
    c14       r2        1
    c14       r7        1
    c14       r13       1
    c14       r15       1
    c14       r24       -1378.76440704771
    c14       r37       -0.574815647370341
    c14       r45       1
    c14       r52       1
    c15       r2        1
    c15       r11       1
    c15       r14       1
    c15       r16       1
    c15       r34       -1378.76440704771
    c15       r38       -0.28740782368517
    c15       r46       1
    c15       r52       1
    c16       r4        1
    c16       r8        1
    c16       r13       1
    c16       r15       1
    c16       r25       -550.033950689074
    c16       r37       -0.229312651113473
    c16       r47       1
    c16       r50       1
    c17       r4        1
    c17       r12       1
    c17       r14       1
    c17       r16       1
    c17       r35       -550.033950689074
    c17       r38       -0.114656325556736
    c17       r48       1
    c17       r50       1
    c18       r4        1
    c18       r8        1
    c18       r13       1
    c18       r15       1
    c18       r26       -599.655043036522
    c18       r37       -0.25
    c18       r47       1
    c18       r51       1
    c19       r4        1
    c19       r12       1
    c19       r14       1
    c19       r16       1
    c19       r36       -599.655043036522
    c19       r38       -0.125
    c19       r48       1
    c19       r51       1
    c20       Obj       1
    c20       r0        1
    c21       Obj       2
    c21       r1        1
    c22       Obj       2
    c22       r2        1
    c23       Obj       2
    c23       r3        1
    c24       Obj       2
    c24       r4        1
    c25       Obj       0
    c26       Obj       0
    c27       Obj       0
    c28       Obj       0
    c29       r5        -1
    c29       r6        -1
    c29       r7        -1
    c29       r8        -1
    c29       r13       -1
    c29       r39       -3
    MARK0001  'MARKER'                 'INTEND'
    c30       r17       1
    c30       r18       1
    c30       r19       1
    c30       r20       1
    c30       r21       1
    c30       r22       1
    c30       r23       1
    c30       r24       1
    c30       r25       1
    c30       r26       1
    c30       r37       -0.000416906357918804
    MARK0002  'MARKER'                 'INTORG'
    c31       r37       0.358210866844111
    c31       r39       1
    c31       r49       1850
    c32       r9        -1
    c32       r10       -1
    c32       r11       -1
    c32       r12       -1
    c32       r14       -1
    c32       r16       -1
    c32       r40       -6
    MARK0003  'MARKER'                 'INTEND'
    c33       r27       1
    c33       r28       1
    c33       r29       1
    c33       r30       1
    c33       r31       1
    c33       r32       1
    c33       r33       1
    c33       r34       1
    c33       r35       1
    c33       r36       1
    c33       r38       -0.000208453178959402
    MARK0004  'MARKER'                 'INTORG'
    c34       r38       0.179105433422055
    c34       r40       1
    c34       r49       1850
    c35       r41       -1
    c35       r43       -1
    c35       r45       -1
    c35       r47       -1
    c36       r42       -1
    c36       r44       -1
    c36       r46       -1
    c36       r48       -1
    MARK0005  'MARKER'                 'INTEND'
RHS
    RHS_V     r0        1
    RHS_V     r1        1
    RHS_V     r2        1
    RHS_V     r3        1
    RHS_V     r4        1
    RHS_V     r49       10000
    RHS_V     r50       1
    RHS_V     r51       1
    RHS_V     r52       1
BOUNDS
 BV BOUND     c0      
 BV BOUND     c1      
 BV BOUND     c2      
 BV BOUND     c3      
 BV BOUND     c4      
 BV BOUND     c5      
 BV BOUND     c6      
 BV BOUND     c7      
 BV BOUND     c8      
 BV BOUND     c9      
 BV BOUND     c10     
 BV BOUND     c11     
 BV BOUND     c12     
 BV BOUND     c13     
 BV BOUND     c14     
 BV BOUND     c15     
 BV BOUND     c16     
 BV BOUND     c17     
 BV BOUND     c18     
 BV BOUND     c19     
 BV BOUND     c20     
 BV BOUND     c21     
 BV BOUND     c22     
 FX BOUND     c23       1
 BV BOUND     c24     
 FX BOUND     c25       0
 FX BOUND     c26       0
 FX BOUND     c27       0
 FX BOUND     c28       0
 BV BOUND     c29     
 UI BOUND     c31       3
 BV BOUND     c32     
 UI BOUND     c34       6
 BV BOUND     c35     
 BV BOUND     c36     
ENDATA
